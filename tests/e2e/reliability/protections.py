"""What each row of docs/reliability.md is protected by, and how it is taken out: {name: edits}, an edit
being a file of the tree, a text that stands there once, and what stands there without the protection.
scripts/reliability builds each such tree and wants the rows of that name to fail."""

from more_protections import MORE_PROTECTIONS

PROTECTIONS = {
    "a destructor": [("preload/recorder/recorder.cc", "void unload() {\n  finish(Next::kItsEnd);\n", "void unload() {\n")],
    "`_exit`, `_Exit`, `quick_exit` interposed": [
        ("preload/hooks/interpose_exit.cc", f"  recorder::{ending}();\n  real::{name}(", f"  real::{name}(")
        for name, ending in (("_exit", "process_ending"), ("_Exit", "process_ending"),
                             ("quick_exit", "quick_exiting"))],
    "`syscall` interposed": [
        ("preload/hooks/interpose_syscall.cc", "if (UNLIKELY(is_unusual(number) ||", "if (UNLIKELY(")],
    "tables that outlive the process": [
        ("tables/spool_room.cc", "MAP_SHARED | MAP_NORESERVE", "MAP_PRIVATE | MAP_NORESERVE")],
    "`run` recovers": [
        ("program/subcommand_run.cc", "Recovery all = recover_spools(directory.spools(), options);",
         "Recovery all;\n  return all;")],
    "a process beside `run`": [
        ("program/subcommand_run.cc", "  if (meets) {\n    rescue.emplace(",
         "  if (meets && false) {\n    rescue.emplace(")],
    "one writer, the others wait": [
        ("preload/recorder/recorder.cc", "    if (tries == 2000) return false;\n", "    return false;\n")],
    "signals wait for the files": [
        ("preload/recorder/signals_at_end.cc", "const uint64_t all = ~kFaults;", "const uint64_t all = 0;"),
        ("preload/recorder/signals_at_end.cc", "  if (host == Host::kEnds) for_each(kEnding, disarm);\n",
         "  if (host == Host::kEnds && false) for_each(kEnding, disarm);\n")],
    "no thread ends by a signal meanwhile": [
        ("preload/recorder/signals_at_end.cc", "  if (host == Host::kEnds) for_each(kEnding, disarm);\n",
         "  if (host == Host::kEnds && false) for_each(kEnding, disarm);\n")],
    "waits have a limit": [("preload/recorder/recorder.cc", "    if (tries == 2000) return false;\n", "")],
    "a second `exit` writes too": [("preload/hooks/interpose_exit.cc", "  recorder::exiting();\n", "")],
    "a child has no writer": [
        ("preload/recorder/recorder.cc",
         "  writing.let_go();\n  recording_pid.store(0, std::memory_order_relaxed);",
         "  recording_pid.store(0, std::memory_order_relaxed);")],
    "files before the exec": [
        ("preload/hooks/interpose_exec.cc", "is_ending = recorder::image_ending(name);", "is_ending = false;")],
    "an exec that fails is undone": [
        ("preload/hooks/interpose_exec.cc", "  if (is_ending) recorder::image_stays();\n", "")],
    "a child begins anew": [
        ("preload/recorder/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_atfork(forking, fork_done, nullptr);\n  (void)forked;\n")],
    "a vfork child is known by its number": [
        ("preload/recorder/recorder.cc", "return pid != 0 && pid == process::current_pid();", "return pid != 0;")],
    "a child's name has its number": [
        ("preload/recorder/profile_writer.cc", "fields.first_process = facts.first_process;",
         "fields.first_process = true;")],
    "`daemon` interposed": [("preload/hooks/interpose_exit.cc", "if (!recorder::parting())", "if (true)")],
    "names from the start's directory": [
        ("preload/recorder/profile_writer.cc", "fields.start_directory = facts.process.start_directory;",
         'fields.start_directory = ".";')],
    "a mark that no child inherits": [
        ("preload/recorder/tables_setup.cc", "    arch::syscall(SYS_madvise, at, kPage, kWipeOnFork);\n",
         "    (void)kWipeOnFork;\n")],
    "blank memory in place of the parent's tables": [
        ("preload/recorder/tables_setup.cc", "MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0L);\n",
         "MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);\n"
         "  arch::syscall(SYS_munmap, base, size);\n")],
    "a child frees what others held": [
        ("preload/recorder/recorder.cc", "  stack_trace::free_buffers_of_others(self == nullptr ? 0 : self->tid.load());\n",
         "  (void)self;\n")],
    "PROFILER_CHILDREN": [
        ("preload/start.cc", "(facts.first_process || facts.options.children) &&", ""),
        ("preload/recorder/recorder.cc", "if (!run->options.children || !begin())", "if (!begin())")],
    "PROFILER_ONLY": [
        ("preload/start.cc", "return only.empty() || globs", "return true || only.empty() || globs")],
    "a name that is taken is not replaced": [
        ("env/output_claim.cc", "return changed_ns <= start_realtime_ns;",
         "return changed_ns <= start_realtime_ns || true;")],
    "an ancestor that counts maps our library": [
        ("env/tree.cc", "(names.has_library() || names.has_tables()) && has_our_variables(", "has_our_variables(")],
    "an ancestor that has an agent maps tables": [
        ("preload/start.cc", "if (spool::is_in(above(environment).watched_directory))",
         "if (above(environment).is_same_run)")],
    "agents are of one user": [
        ("program/agent/agent_socket.cc", " && status->st_uid == geteuid();", ";"),
        ("program/agent/agent_socket.cc", " && peer.uid == geteuid();", ";")],
    "a session's files are no earlier run's": [
        ("preload/recorder/profile_writer.cc", "  if (!facts.first_process) {\n    workspace->born",
         "  if (false) {\n    workspace->born")],
    "written tables go at the next start": [
        ("tables/spool_sweep.cc", "(!is_old && !is_written(fd)) ||", "(!is_old && (!is_written(fd) || true)) ||")],
    "a birth without /proc": [
        ("env/sys/own_process.cc", "  if (ticks == 0) return latest;\n", "  if (ticks == 0) return 0;\n")],
    "tables stay where a file could not be written": [
        ("preload/recorder/dumps.cc", "if (last && whole) {", "if (last) {")],
    # Loading.
    "nothing is linked but libc": [
        ("preload/meson.build", "'-Wl,--as-needed', '-Wl,--hash-style=gnu'",
         "'-Wl,--no-as-needed', '-lm', '-Wl,--as-needed', '-Wl,--hash-style=gnu'")],
    "objects are found wherever the loader has them": [
        ("collectors/unwind/loader.cc",
         "  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0;\n",
         "  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0 &&\n"
         "         (initial_count == 0 || is_initial(found->map));\n")],
    "`run` looks at what it starts": [
        ("program/subcommand_run.cc", "if (!check.obstacle.empty()) say(", "if (false) say(")],
    "its runtime comes first": [
        ("program/run/preload_environment.cc", "std::string first = sanitizer;", "std::string first;")],
    "bytes are copied by our own": [("preload/meson.build", "'freestanding_memory.cc', ", "")],
    "128 bytes of thread-local memory": [
        ("env/sys/thread_state.cc", "__thread ThreadState thread_state;",
         "__thread ThreadState thread_state;\nextern \"C\" {\n"
         "__attribute__((used, retain)) __thread char too_much[4096];\n}")],
    "`dlopen` is not wrapped": [
        ("preload/hooks/interpose_dl.cc", "extern \"C\" EXPORT int dlclose(",
         "extern \"C\" EXPORT void* dlopen(const char* name, int flags) noexcept {\n"
         "  void* volatile found = reinterpret_cast<void* (*)(const char*, int)>(\n"
         "      dlsym(RTLD_NEXT, \"dlopen\"))(name, flags);\n  return found;\n}\n"
         "extern \"C\" EXPORT int dlclose("),
        ("preload/exports.map", "    dlclose;\n", "    dlclose;\n    dlopen;\n")],
    "an address is live once": [("collectors/counts/live_table.cc", "  if (may_hold(p) && remove(p, old)) tables::count(layout::kFreedPast);\n", "")],
    "the environment is read only": [
        ("preload/start.cc", "  interpose_malloc::settle_now();\n  loader::start();\n",
         "  interpose_malloc::settle_now();\n  loader::start();\n"
         "  for (char** each = environment; *each != nullptr; each++) {\n"
         "    if (text::starts_with(*each, \"LD_PRELOAD=\")) *each = *environment;\n  }\n")],
    "older forms are found by their version": [
        ("preload/redirect/bypass.cc", "  if (old_form != nullptr) return old_form;\n", "  (void)old_form;\n")],
    "objects are asked for again": [
        ("collectors/unwind/objects.cc", "    if (is_still_loaded(*range)) return range;\n", "    return range;\n")],
    # Other preloads and allocators.
    "calls that go past us are led to us": [
        ("preload/redirect/allocators.cc", "  got_slots::change(to_us, &survey);\n", "  (void)to_us;\n")],
    "a block is counted once": [
        ("preload/redirect/allocators.cc", "    interpose_malloc::expect_calls_of_its_own();\n", "")],
    "the object that defines malloc is looked up": [("preload/redirect/allocators.cc", "    finding = Finding::kInProgram;\n", "")],
    "a program's extent is that of all its segments": [
        ("collectors/unwind/loader.cc", "  if (&map != initial(0)) return bounds;\n",
         "  if (&map != initial(0) || true) return bounds;\n")],
    "our actions are set past other preloads": [
        ("env/sys/real.h", "(__sigaction != nullptr ? __sigaction : sigaction)(number,", "sigaction(number,")],
    "a pool while names are looked up": [
        ("preload/hooks/interpose_malloc.cc",
         "  if (real::is_resolving()) return real::bootstrap_allocate(product(count, each), 16);\n", "")],
    "blocks of the pool are recognised": [
        ("preload/hooks/interpose_malloc.cc", "next_free = pool ? pool_or_free : real::free;",
         "next_free = real::free;\n  (void)pool_or_free;")],
    "hooks that find what is below them": [
        ("preload/hooks/interpose_malloc.cc", "next_malloc{first_malloc};", "next_malloc{nullptr};")],
    "clocks of the kernel's own": [
        ("env/sys/clock.cc", "if (function == nullptr || function(CLOCK_MONOTONIC, &now) != 0) {",
         "if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {")],
    "`memalign` is counted": [
        ("preload/hooks/interpose_malloc.cc",
         "  return LIKELY(heap::passes(size)) ? next_memalign(alignment, size)\n"
         "                                    : sampled_block<next_memalign>(size, alignment, size);\n",
         "  return next_memalign(alignment, size);\n")],
    "a block that moves leaves its place": [
        ("collectors/heap.cc", "  if (p != nullptr) move.sampled = ", "  if (false) move.sampled = ")],
    "system calls without errno": [
        ("collectors/unwind/stack_memory.cc", "#include <sys/syscall.h>\n",
         "#include <sys/syscall.h>\n#include <unistd.h>\n"),
        ("collectors/unwind/stack_memory.cc", "constexpr long kInvalid = -22;", "constexpr long kInvalid = -1;"),
        ("collectors/unwind/stack_memory.cc", "return arch::syscall(SYS_rt_sigprocmask,",
         "return ::syscall(SYS_rt_sigprocmask,")],
    # Threads and signals.
    "a thread without a record is sampled too": [
        ("collectors/heap.cc", "  state.heap_draws++;\n",
         "  state.heap_draws++;\n  if (state.thread == nullptr) return false;\n")],
    "a stack's bounds are known from the start": [
        ("collectors/heap.cc", "#include \"collectors/heap.h\"\n",
         "#include \"collectors/heap.h\"\n\n#include <pthread.h>\n"),
        ("collectors/heap.cc", "  const double objects = weight::of_allocation(size, rate_bytes);\n  const double values",
         "  pthread_attr_t asked;\n  pthread_getattr_np(pthread_self(), &asked);\n"
         "  const double objects = weight::of_allocation(size, rate_bytes);\n  const double values")],
    "no key is taken": [
        ("preload/recorder/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_key_t key;\n  pthread_key_create(&key, nullptr);\n"
         "  pthread_atfork(forking, fork_done, forked);\n")],
} | MORE_PROTECTIONS
