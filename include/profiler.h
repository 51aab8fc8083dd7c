/* What a program may say to libprofiler.so, if it runs under it: profiles of its own (what is open
 * or checked out now, by the stack that made it), labels on samples, starts, stops and dumps.
 *
 * There is nothing to link: each call finds the library if it is loaded and does nothing if it is
 * not. So a program is built with these calls once and runs with the profiler and without:
 *
 *     void *sessions = profiler_custom("sessions");
 *     profiler_custom_add(sessions, session, 0);
 *     ...
 *     profiler_custom_remove(sessions, session);
 *
 *     PROFILER_MODE=custom,cpu LD_PRELOAD=/path/libprofiler.so ./program
 *
 * What returns an int returns 0 or a number of errno.h, and 0 without the profiler. Misuse harms
 * nothing. All calls may be made by any thread; none of them in a signal handler.
 *
 * C89 and every later C and C++, glibc 2.34 and newer (before that the program needs -ldl). */
#ifndef PROFILER_H
#define PROFILER_H

#include <dlfcn.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the library offers, as it is found under the name "libprofiler_functions". It grows at its
 * end: what lies beyond `size` is not there. */
struct profiler_functions {
  unsigned long size;
  int (*start)(const char* modes);
  int (*stop)(const char* modes);
  int (*dump)(const char* mode, const char* path);
  void* (*custom)(const char* name);
  int (*custom_add)(void* profile, const void* key, int skip);
  int (*custom_remove)(void* profile, const void* key);
  int (*label_set)(const char* key, const char* value);
  int (*label_clear)(const char* key);
  int (*region_begin)(const char* name);
  int (*region_end)(void);
  unsigned long (*task_begin)(const char* name);
  int (*task_end)(unsigned long id);
  int (*log)(const char* category, const char* message);
};

/* Inlined without optimisation too: no call but the library's is left. */
#define PROFILER_INLINE static __inline__ __attribute__((always_inline, unused))

/* What is called without the profiler, where a call has no function around it. */
static __attribute__((unused)) int profiler_nothing_(void* profile, const void* key, int skip) {
  (void)profile;
  (void)key;
  (void)skip;
  return 0;
}

/* Looked for once in each file that uses it. A first look that finds nothing drops what dlerror()
 * had to say in this thread. */
static __attribute__((noinline, unused)) const struct profiler_functions* profiler_look_(
    const struct profiler_functions** found) {
  static const struct profiler_functions nothing = {
      sizeof(unsigned long), 0, 0, 0, 0, profiler_nothing_, 0, 0, 0, 0, 0, 0, 0, 0};
  const struct profiler_functions* f =
      (const struct profiler_functions*)dlsym((void*)0, "libprofiler_functions");
  if (f == NULL) {
    (void)dlerror();
    f = &nothing;
  }
  __atomic_store_n(found, f, __ATOMIC_RELEASE);
  return f;
}

PROFILER_INLINE const struct profiler_functions* profiler_functions_(void) {
  static const struct profiler_functions* found = NULL;
  const struct profiler_functions* f = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
  return f != NULL ? f : profiler_look_(&found);
}

#define PROFILER_HAS_(functions, member) \
  ((functions)->size > offsetof(struct profiler_functions, member))

/* Starts or stops recording: a comma list of modes as in PROFILER_MODE, of those that the program
 * was started with; NULL: all of them. */
PROFILER_INLINE int profiler_start(const char* modes) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, start) ? f->start(modes) : 0;
}
PROFILER_INLINE int profiler_stop(const char* modes) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, stop) ? f->stop(modes) : 0;
}

/* Writes the profile of one mode now, or of a profile of the program's own by its name; NULL: all
 * of them. To `path`, or, where that is NULL, by the template in PROFILER_OUTPUT. */
PROFILER_INLINE int profiler_dump(const char* mode, const char* path) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, dump) ? f->dump(mode, path) : 0;
}

/* The profile of this name, made at the first call: a handle, the same at each call. NULL without
 * the profiler or without PROFILER_MODE=custom, for a name that is empty, a mode's, longer than 127
 * bytes or not printable UTF-8, and when there are too many (36): every call accepts NULL and does
 * nothing. */
PROFILER_INLINE void* profiler_custom(const char* name) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, custom) ? f->custom(name) : NULL;
}

/* `key` is there from now on, by the stack of here and now; the profile shows what is there when it
 * is written. `skip`: frames to leave out, 0 for none: the stack begins with the caller. A key that
 * is there already is replaced, and counted as such. The key is never looked into; (void *)-1 and
 * -2 cannot be keys (EINVAL). ENOMEM: there was no room; the profile says how many were lost.
 * (A macro: a function of this header, inlined, would be the first of the stack.) */
#define profiler_custom_add(profile, key, skip) \
  (profiler_functions_()->custom_add((profile), (key), (skip)))

/* `key` is gone. Nothing happens if it was not there. */
PROFILER_INLINE int profiler_custom_remove(void* profile, const void* key) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, custom_remove) ? f->custom_remove(profile, key) : 0;
}

/* From here on the samples of this thread, and of the threads that it creates, have this label (in
 * profiles of cpu, wall, threads, block, mutex, heap and custom ones). A later value replaces an
 * earlier one; an empty value, or NULL, clears it. At most 16 labels of up to 255 bytes, 1,700 in
 * all. "thread", "tid", "bytes" and what begins with "pprof::" are the profiler's own: EINVAL. */
PROFILER_INLINE int profiler_label_set(const char* key, const char* value) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, label_set) ? f->label_set(key, value) : 0;
}
/* NULL: all labels of this thread. */
PROFILER_INLINE int profiler_label_clear(const char* key) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, label_clear) ? f->label_clear(key) : 0;
}

/* For PROFILER_MODE=trace, nothing without it: a part of this thread's time, with its name; they
 * nest. */
PROFILER_INLINE int profiler_region_begin(const char* name) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, region_begin) ? f->region_begin(name) : 0;
}
PROFILER_INLINE int profiler_region_end(void) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, region_end) ? f->region_end() : 0;
}

/* A task goes through several threads. 0, which profiler_task_end accepts, without a trace. */
PROFILER_INLINE unsigned long profiler_task_begin(const char* name) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, task_begin) ? f->task_begin(name) : 0;
}
PROFILER_INLINE int profiler_task_end(unsigned long id) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, task_end) ? f->task_end(id) : 0;
}

/* A line in the trace, at this moment of this thread. */
PROFILER_INLINE int profiler_log(const char* category, const char* message) {
  const struct profiler_functions* f = profiler_functions_();
  return PROFILER_HAS_(f, log) ? f->log(category, message) : 0;
}

#undef PROFILER_HAS_
#undef PROFILER_INLINE

#ifdef __cplusplus
}
#endif

#endif /* PROFILER_H */
