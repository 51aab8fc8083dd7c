"""What each row of docs/reliability.md is protected by, and how it is taken out: {name: edits}, an edit
being a file of the tree, a text that stands there once, and what stands there without the protection.
scripts/reliability builds each such tree and wants the rows of that name to fail."""

PROTECTIONS = {
    "a destructor": [("preload/recorder.cc", "void unload() {\n  finish(Next::kItsEnd);\n", "void unload() {\n")],
    "`_exit`, `_Exit`, `quick_exit` interposed": [
        ("preload/interpose_exit.cc", f"  recorder::{ending}();\n  real::{name}(", f"  real::{name}(")
        for name, ending in (("_exit", "process_ending"), ("_Exit", "process_ending"),
                             ("quick_exit", "quick_exiting"))],
    "`syscall` interposed": [
        ("preload/interpose_syscall.cc", "if (UNLIKELY(is_unusual(number) ||", "if (UNLIKELY(")],
    "tables that outlive the process": [
        ("env/spool_room.cc", "MAP_SHARED | MAP_NORESERVE", "MAP_PRIVATE | MAP_NORESERVE")],
    "`run` recovers": [
        ("encoder/program/subcommand_run.cc", "Recovery all = recover_spools(folder.spools(), options);",
         "Recovery all;\n  return all;")],
    "a process beside `run`": [
        ("encoder/program/subcommand_run.cc", "  if (meets) {\n    rescue.emplace(",
         "  if (meets && false) {\n    rescue.emplace(")],
    "one writer, the others wait": [
        ("preload/recorder.cc", "    if (tries == 2000) return false;\n", "    return false;\n")],
    "signals wait for the files": [
        ("preload/signals_at_end.cc", "const uint64_t all = ~kFaults;", "const uint64_t all = 0;"),
        ("preload/signals_at_end.cc", "  if (host == Host::kEnds) for_each(kEnding, disarm);\n",
         "  if (host == Host::kEnds && false) for_each(kEnding, disarm);\n")],
    "no thread ends by a signal meanwhile": [
        ("preload/signals_at_end.cc", "  if (host == Host::kEnds) for_each(kEnding, disarm);\n",
         "  if (host == Host::kEnds && false) for_each(kEnding, disarm);\n")],
    "waits have a limit": [("preload/recorder.cc", "    if (tries == 2000) return false;\n", "")],
    "a second `exit` writes too": [("preload/interpose_exit.cc", "  recorder::exiting();\n", "")],
    "a child has no writer": [
        ("preload/recorder.cc",
         "  writing.let_go();\n  recording_pid.store(0, std::memory_order_relaxed);",
         "  recording_pid.store(0, std::memory_order_relaxed);")],
    "files before the exec": [
        ("preload/interpose_exec.cc", "is_ending = recorder::image_ending();", "is_ending = false;")],
    "an exec that fails is undone": [
        ("preload/interpose_exec.cc", "  if (is_ending) recorder::image_stays();\n", "")],
    "a child begins anew": [
        ("preload/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_atfork(forking, fork_done, nullptr);\n  (void)forked;\n")],
    "a vfork child is told by its number": [
        ("preload/recorder.cc", "return pid != 0 && pid == process::current_pid();", "return pid != 0;")],
    "a child's name has its number": [
        ("preload/profile_writer.cc", "fields.first_process = facts.first_process;",
         "fields.first_process = true;")],
    "`daemon` interposed": [("preload/interpose_exit.cc", "if (!recorder::parting())", "if (true)")],
    "names from the start's folder": [
        ("preload/profile_writer.cc", "fields.start_folder = facts.process.start_folder;",
         'fields.start_folder = ".";')],
    "a mark that no child inherits": [
        ("preload/tables_setup.cc", "    arch::syscall(SYS_madvise, at, kPage, kWipeOnFork);\n",
         "    (void)kWipeOnFork;\n")],
    "blank memory in place of the parent's tables": [
        ("preload/tables_setup.cc", "MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0L);\n",
         "MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);\n"
         "  arch::syscall(SYS_munmap, base, size);\n")],
    "a child frees what others held": [
        ("preload/recorder.cc", "  stack_trace::free_buffers_of_others(self == nullptr ? 0 : self->tid.load());\n",
         "  (void)self;\n")],
    "PROFILER_CHILDREN": [
        ("preload/start.cc", "(facts.first_process || facts.options.children) &&", ""),
        ("preload/recorder.cc", "if (!run->options.children || !begin())", "if (!begin())")],
    "PROFILER_ONLY": [
        ("preload/start.cc", "return only.empty() || globs", "return true || only.empty() || globs")],
    "a name that is taken is not replaced": [
        ("env/output_claim.cc", "return changed_ns <= start_realtime_ns;",
         "return changed_ns <= start_realtime_ns || true;")],
    "an ancestor that counts maps our library": [
        ("env/tree.cc", "(names.has_library() || names.has_tables()) && has_our_variables(", "has_our_variables(")],
    "a session's files are no earlier run's": [
        ("preload/profile_writer.cc", "  if (!facts.first_process) {\n    workspace->born",
         "  if (false) {\n    workspace->born")],
    "written tables go at the next start": [
        ("env/spool_sweep.cc", "(!is_old && !is_written(fd)) ||", "(!is_old && (!is_written(fd) || true)) ||")],
    "a birth without /proc": [
        ("env/process.cc", "  if (ticks == 0) return latest;\n", "  if (ticks == 0) return 0;\n")],
    "tables stay where a file could not be written": [
        ("preload/dumps.cc", "if (last && whole) {", "if (last) {")],
    # Loading.
    "nothing is linked but libc": [
        ("preload/meson.build", "'-Wl,--as-needed', '-Wl,--hash-style=gnu'",
         "'-Wl,--no-as-needed', '-lm', '-Wl,--as-needed', '-Wl,--hash-style=gnu'")],
    "objects are found wherever the loader has them": [
        ("collectors/core/loader.cc",
         "  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0;\n",
         "  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0 &&\n"
         "         (initial_count == 0 || is_initial(found->map));\n")],
    "`run` looks at what it starts": [
        ("encoder/program/subcommand_run.cc", "if (!check.obstacle.empty()) say(", "if (false) say(")],
    "its runtime comes first": [
        ("encoder/program/preload_environment.cc", "std::string first = sanitizer;", "std::string first;")],
    "bytes are copied by our own": [("preload/meson.build", "'own_bytes.cc', ", "")],
    "128 bytes of thread-local memory": [
        ("env/safe/thread_state.cc", "__thread ThreadState thread_state;",
         "__thread ThreadState thread_state;\nextern \"C\" {\n"
         "__attribute__((used, retain)) __thread char too_much[4096];\n}")],
    "`dlopen` is not wrapped": [
        ("preload/interpose_dl.cc", "extern \"C\" EXPORT int dlclose(",
         "extern \"C\" EXPORT void* dlopen(const char* name, int flags) noexcept {\n"
         "  void* volatile found = reinterpret_cast<void* (*)(const char*, int)>(\n"
         "      dlsym(RTLD_NEXT, \"dlopen\"))(name, flags);\n  return found;\n}\n"
         "extern \"C\" EXPORT int dlclose("),
        ("preload/exports.map", "    dlclose;\n", "    dlclose;\n    dlopen;\n")],
    "an address is live once": [("collectors/core/live_table.cc", "  if (may_hold(p)) remove(p, old);\n", "")],
    "the environment is read only": [
        ("preload/start.cc", "  interpose_malloc::settle_now();\n  loader::start();\n",
         "  interpose_malloc::settle_now();\n  loader::start();\n"
         "  for (char** each = environment; *each != nullptr; each++) {\n"
         "    if (text::starts_with(*each, \"LD_PRELOAD=\")) *each = *environment;\n  }\n")],
    "older forms are found by their version": [
        ("preload/step_aside.cc", "  if (old_form != nullptr) return old_form;\n", "  (void)old_form;\n")],
    "objects are asked for again": [
        ("collectors/core/objects.cc", "    if (is_still_loaded(*range)) return range;\n", "    return range;\n")],
    # Other preloads and allocators.
    "calls that go past us are led to us": [
        ("preload/allocators.cc", "  slots::change(to_us, &survey);\n", "  (void)to_us;\n")],
    "a block is counted once": [
        ("preload/allocators.cc", "    interpose_malloc::expect_calls_of_its_own();\n", "")],
    "who has malloc is looked up": [("preload/allocators.cc", "    finding = Finding::kInProgram;\n", "")],
    "a program's extent is that of all its segments": [
        ("collectors/core/loader.cc", "  if (&map != initial(0)) return bounds;\n",
         "  if (&map != initial(0) || true) return bounds;\n")],
    "our actions are set past other preloads": [
        ("env/safe/real.h", "(__sigaction != nullptr ? __sigaction : sigaction)(number,", "sigaction(number,")],
    "a pool while names are looked up": [
        ("preload/interpose_malloc.cc",
         "  if (real::is_resolving()) return real::bootstrap_allocate(product(count, each), 16);\n", "")],
    "blocks of the pool are told apart": [
        ("preload/interpose_malloc.cc", "next_free = pool ? pool_or_free : real::free;",
         "next_free = real::free;\n  (void)pool_or_free;")],
    "hooks that find what is below them": [
        ("preload/interpose_malloc.cc", "next_malloc{first_malloc};", "next_malloc{nullptr};")],
    "clocks of the kernel's own": [
        ("env/safe/clock.cc", "if (function == nullptr || function(CLOCK_MONOTONIC, &now) != 0) {",
         "if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {")],
    "`memalign` is counted": [
        ("preload/interpose_malloc.cc",
         "  return LIKELY(heap::passes(size)) ? next_memalign(alignment, size)\n"
         "                                    : sampled_block<next_memalign>(size, alignment, size);\n",
         "  return next_memalign(alignment, size);\n")],
    "a block that moves leaves its place": [
        ("collectors/heap.cc", "  if (p != nullptr) move.sampled = ", "  if (false) move.sampled = ")],
    "system calls without errno": [
        ("collectors/core/stack_memory.cc", "#include <sys/syscall.h>\n",
         "#include <sys/syscall.h>\n#include <unistd.h>\n"),
        ("collectors/core/stack_memory.cc", "constexpr long kInvalid = -22;", "constexpr long kInvalid = -1;"),
        ("collectors/core/stack_memory.cc", "return arch::syscall(SYS_rt_sigprocmask,",
         "return ::syscall(SYS_rt_sigprocmask,")],
    # Threads and signals.
    "who has no record is sampled too": [
        ("collectors/heap.cc", "  state.heap_draws++;\n",
         "  state.heap_draws++;\n  if (state.thread == nullptr) return false;\n")],
    "a stack's bounds are known from the start": [
        ("collectors/heap.cc", "#include \"collectors/heap.h\"\n",
         "#include \"collectors/heap.h\"\n\n#include <pthread.h>\n"),
        ("collectors/heap.cc", "  const double objects = weight::of_allocation(size, rate_bytes);\n  const double values",
         "  pthread_attr_t asked;\n  pthread_getattr_np(pthread_self(), &asked);\n"
         "  const double objects = weight::of_allocation(size, rate_bytes);\n  const double values")],
    "no key is taken": [
        ("preload/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_key_t key;\n  pthread_key_create(&key, nullptr);\n"
         "  pthread_atfork(forking, fork_done, forked);\n")],
    "no thread of ours": [
        ("preload/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_t ours;\n  const auto waits = [](void*) -> void* {\n"
         "    for (;;) arch::syscall(SYS_pause);\n  };\n"
         "  pthread_create(&ours, nullptr, waits, nullptr);\n"
         "  pthread_atfork(forking, fork_done, forked);\n")],
    "nothing is borrowed across a wait": [
        ("preload/waiting.h", "#include \"collectors/block.h\"\n",
         "#include \"collectors/block.h\"\n#include \"collectors/core/stack_trace.h\"\n"),
        ("preload/waiting.h", "  const int result = next(object, arguments...);\n",
         "  BorrowedBuffer held;\n  const int result = next(object, arguments...);\n")],
    "ticks come to threads that run": [
        ("collectors/core/tick_timer.cc", "create_on(cpu_clock_of(tid), event)",
         "create_on(CLOCK_MONOTONIC, event)")],
    "ticks are not blocked": [("preload/interpose_sigmask.cc", "    sigdelset(&rest, number);\n", "")],
    "timers go before the signal": [
        ("collectors/core/ticks.cc", "let_go() == 0) return;\n  disarm();\n", "let_go() == 0) return;\n")],
    "older calls for signals": [
        ("preload/interpose_older_signals.cc",
         "void yield(int number) {\n  interpose_signal::yield(number);\n", "void yield(int number) {\n  (void)number;\n")],
    "a signal whose default harms nobody": [
        ("collectors/core/tick_signal.cc", "  if (take(SIGURG, handler)) return true;\n", "")],
    "`syscall` sees actions": [
        ("preload/interpose_syscall.cc", " || number == SYS_rt_sigaction;", ";")],
    "what is awaited makes ticks move on": [
        ("collectors/core/ticks.cc", "  if (is_awaited && number == tick_signal::held()) move_on(context);\n", "  (void)is_awaited;\n")],
    "no tracer takes our children for the host's": [
        ("preload/clone_child.cc", "flags | CLONE_UNTRACED", "flags")],
    "the next program has the host's mask": [
        ("preload/interpose_exec.cc", "const bool blocked = tick_signal::block_as_believed();",
         "const bool blocked = false;")],
    "half of the limit is the host's": [
        ("collectors/core/ticks.cc", "most_timers = tick_timer::room_for_timers() / 2;",
         "most_timers = ~uint64_t{0};"),
        ("collectors/core/ticks.cc", "    if (tick_timer::is_alive(tid)) take_one_timer();\n", "    (void)tid;\n")],
    "a thread gives its timer back": [
        ("collectors/core/ticks.cc",
         "  tick_timer::disarm_thread(thread);\n  // Closed in any case", "  // Closed in any case")],
    "what a frame borrows comes back when it is gone": [
        ("env/safe/frames.cc", "const bool is_ours = is_left(has, tid, here) && become(",
         "const bool is_ours = false && become(")],
    "a walk's room is one thread's": [
        ("collectors/core/stack_trace.cc", "const uint64_t first = static_cast<uint64_t>(tid) * 0x9e3779b97f4a7c15u >> 32;",
         "(void)tid;\n  const uint64_t first = 0;"),
        ("env/safe/frames.h", "    return word_.load(std::memory_order_relaxed) == 0 && become(0, word_of(tid, here));\n",
         "    word_.store(word_of(tid, here), std::memory_order_relaxed);\n    return true;\n")],
    "dlsym's caller gets ours only for what ours calls": [("preload/interpose_dlsym.cc", "!search.has_other;\n", "true;\n")],
    "threads that nobody told us of are looked for": [
        ("collectors/core/ticks.cc",
         "  if (looks_around && cpu_account::has_unknown_threads(period_ns)) strangers::look();\n",
         "  (void)looks_around;\n")],
    # Stacks.
    "threads are looked for on a stack of our own": [
        ("collectors/core/strangers.cc",
         "  work_on((*room).stack, [](void*) { roll_call::each_unknown(found); }, nullptr);\n",
         "  roll_call::each_unknown(found);\n")],
    "samples on the host's stack": [
        ("collectors/core/capture.cc", "  stack_trace::capture_caller(caller, below, *buffer);\n",
         "  struct Job {\n    const Caller* caller;\n    KnownRegisters* below;\n    WalkBuffer* buffer;\n  };\n"
         "  Job job{&caller, &below, &*buffer};\n"
         "  const auto walk = [](void* of) {\n    const Job& j = *static_cast<Job*>(of);\n"
         "    stack_trace::capture_caller(*j.caller, *j.below, *j.buffer);\n  };\n"
         "  work_on((*buffer).stack, walk, &job);\n")],
    "no descriptor is held": [
        ("collectors/core/stack_memory.cc", "  return arch::syscall(SYS_rt_sigprocmask,",
         "  static int ends[2];\n  constexpr int kNonBlocking = 04000;\n"
         "  if (ends[1] == 0) arch::syscall(SYS_pipe2, ends, kNonBlocking);\n"
         "  arch::syscall(SYS_write, ends[1], address & ~(kPage - 1), 1L);\n"
         "  return arch::syscall(SYS_rt_sigprocmask,")],
    "a frame pointer proves nothing": [
        ("collectors/core/walk_guess.cc", "(fp < sp && memory_.is_of_thread(fp) && memory_.is_of_thread(sp))",
         "false"),
        ("collectors/core/walk_guess.cc", "memory_.enter_unproven(fp);", "memory_.enter(fp);")],
    "code is asked for before it is read": [
        ("collectors/core/walk_guess.cc",
         "  if (!can_read(return_address - (room < kLongestCall ? room : kLongestCall), return_address)) {\n"
         "    return false;\n  }\n", "  (void)can_read;\n")],
    "code with rules vouches for what led there": [
        ("collectors/core/walk_climb.cc", "  unvouched_ = kAllVouched;  // rows are of objects' code\n", "")],
    "a caller's frame lies above": [
        ("collectors/core/walk_climb.cc", "cfa - at.sp - 1 >= StackMemory::kMaxFrame || ", ""),
        ("collectors/core/walk.cc", "!memory_.is_above(cfa, regs.get(kRsp)) || ", "")],
    "a walk has an end": [
        ("collectors/core/walk_climb.cc", "  while (at.depth < depth_) {\n    while", "  while (true) {\n    while")],
    "objects that go are forgotten": [
        ("preload/interpose_dl.cc", "  if (objects::forget_gone()) stack_trace::forget_code();\n", ""),
        ("collectors/core/objects.cc", "    if (is_still_loaded(*range)) return range;\n", "    return range;\n")],
    # Limits, sandboxes, output.
    "a file's limit is asked for first": [
        ("env/spool_room.cc", "limit_of(kFileSize) >= size;", "limit_of(kFileSize) >= size || true;")],
    "SIGXFSZ is blocked": [("env/output_file.cc", "kMask = uint64_t{1} << (SIGXFSZ - 1);", "kMask = 0;")],
    "tables as large as may be": [
        ("env/spool_room.cc", "for (; size >= kLeast; size /= 2) {", "for (; size >= kLeast; size = 0) {"),
        ("env/spool_room.cc", "size > fair_share(fd < 0)", "fair_share(fd < 0) == 0")],
    "an eighth of the host's limits": [("env/spool_room.cc", "size > fair_share(fd < 0)", "fair_share(fd < 0) == 0")],
    "our memory is not locked for the host": [
        ("preload/interpose_mlock.cc", "  if (!locked_memory::lock_hosts(flags)) return result;", "  return result;")],
    "who cannot be made is not waited for": [("preload/symbolizer.cc", "  if (pid > 0) {\n", "  if (pid != 0) {\n")],
    "what is lost is counted": [
        ("collectors/core/sample_table.cc", "    lose(key.mode, values, count);\n", "")],
    "room for a descriptor": [("env/descriptor_room.cc", "  if (left != 0 &&", "  if (false &&")],
    "descriptors above 2": [
        ("env/output_file.cc", "  const StandardPlaces taken;\n", ""),
        ("env/output_file.cc", "  fd_ = above_standard(fd_);\n", "")],
    "files are told by their inode": [
        ("collectors/fd.cc", "if (file_of(number).identity != word.identity) {",
         "if (file_of(number).identity == 0) {")],
    "tables stay mapped": [
        ("preload/dumps.cc", "#include \"env/descriptor_room.h\"\n",
         "#include <sys/syscall.h>\n\n#include \"env/descriptor_room.h\"\n#include \"env/safe/arch.h\"\n"),
        ("preload/dumps.cc", "    spool::remove();\n",
         "    spool::remove();\n    arch::syscall(SYS_munmap, tables::base, tables::header().limit);\n")],
    "`prctl` interposed": [
        ("preload/interpose_prctl.cc", '    case PR_SET_SECCOMP:\n      return recorder::sandbox_coming("installed a seccomp filter");\n', "")],
    "a clean state in every way into our code": [
        ("env/safe/clean_state.h", "if (UNLIKELY((mxcsr_ & ~kExceptionFlags) != kDefault)) __builtin_ia32_ldmxcsr(kDefault);", ""),
        ("env/safe/clean_state.h", "if (__builtin_ia32_stmxcsr() != mxcsr_) __builtin_ia32_ldmxcsr(mxcsr_);", "")],
    "unaligned access is allowed meanwhile": [
        ("env/safe/clean_state.h", "if (UNLIKELY((flags_ & kAlignmentCheck) != 0)) write_flags(flags_ & ~kAlignmentCheck);", "")],
    "the clock is asked by system calls where the counter is forbidden": [
        ("preload/interpose_prctl.cc", "if (a == PR_TSC_SIGSEGV) clock_source::avoid_counter();", "")],
    "no thread-local memory is touched under another thread pointer": [
        ("collectors/core/ticks.cc",
         "  if (is_ours(number, *info) && !thread_pointers::is_own_here()) return;\n", "")],
    "the recording ends before the host dispatches calls": [
        ("preload/interpose_prctl.cc",
         'if (a != 0) recorder::sandbox_coming("dispatches its system calls itself");', "")],
    "no clock is read once nothing is recorded": [
        ("preload/timed_calls.h", "  if (UNLIKELY(!waits::are_followed())) return real(arguments...);\n", "")],
    "PROFILER_SYMBOLIZE=none makes no child": [
        ("preload/symbolizer.cc", " || facts.options.symbolize == options::Symbolize::kNone) return;", ") return;")],
    "foreign words are one name": [("env/output_name.cc", "first != '/' && ", "")],
    "a name is taken, not opened": [
        ("env/output_claim.cc", "  long result = rename_if_free(folder, temporary, path);\n",
         "  arch::syscall(SYS_openat, folder, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);\n"
         "  long result = rename_if_free(folder, temporary, path);\n")],
    "tables are their user's": [
        ("env/spool.cc", "O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);",
         "O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);")],
    "AT_SECURE is obeyed": [("env/process.cc", "  return getauxval(AT_SECURE) == 0;\n", "  return true;\n")],
    "only what is trusted is executed": [
        ("env/trusted_program.cc", "(file.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&", "true &&")],
    "its folder is as protected as the library's": [
        ("env/trusted_program.cc",
         "  if ((folder.st_mode & S_IWOTH) != 0 && !is_library_open) return false;\n", "")],
}
