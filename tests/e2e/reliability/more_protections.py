"""The second half of protections.py."""

MORE_PROTECTIONS = {
    "no thread of ours": [
        ("preload/recorder/recorder.cc", "  pthread_atfork(forking, fork_done, forked);\n",
         "  pthread_t ours;\n  const auto waits = [](void*) -> void* {\n"
         "    for (;;) arch::syscall(SYS_pause);\n  };\n"
         "  pthread_create(&ours, nullptr, waits, nullptr);\n"
         "  pthread_atfork(forking, fork_done, forked);\n")],
    "nothing is borrowed across a wait": [
        ("preload/hooks/waiting.h", "#include \"collectors/block.h\"\n",
         "#include \"collectors/block.h\"\n#include \"collectors/unwind/stack_trace.h\"\n"),
        ("preload/hooks/waiting.h", "  const int result = next(object, arguments...);\n",
         "  BorrowedBuffer held;\n  const int result = next(object, arguments...);\n")],
    "ticks come to threads that run": [
        ("collectors/timers/tick_timer.cc", "create_on(cpu_clock_of(tid), event)",
         "create_on(CLOCK_MONOTONIC, event)")],
    "ticks are not blocked": [("preload/hooks/interpose_sigmask.cc", "    sigdelset(&rest, number);\n", "")],
    "timers go before the signal": [
        ("collectors/cpu/ticks.cc", "let_go() == 0) return;\n  disarm();\n", "let_go() == 0) return;\n")],
    "older calls for signals": [
        ("preload/hooks/interpose_older_signals.cc",
         "void yield(int number) {\n  interpose_signal::yield(number);\n", "void yield(int number) {\n  (void)number;\n")],
    "a signal whose default is harmless": [
        ("collectors/timers/tick_signal.cc", "  if (take(SIGURG, handler)) return true;\n", "")],
    "`syscall` sees actions": [
        ("preload/hooks/interpose_syscall.cc", " || number == SYS_rt_sigaction;", ";")],
    "what is awaited makes ticks move on": [
        ("collectors/cpu/ticks.cc", "  if (is_awaited && number == tick_signal::held()) move_on(context);\n", "  (void)is_awaited;\n")],
    "no tracer takes our children for the host's": [
        ("preload/processes/clone_child.cc", "flags | CLONE_UNTRACED", "flags")],
    "the next program has the host's mask": [
        ("preload/hooks/interpose_exec.cc", "const bool blocked = tick_signal::block_as_believed();",
         "const bool blocked = false;")],
    "half of the limit is the host's": [
        ("collectors/cpu/ticks.cc", "most_timers = tick_timer::room_for_timers() / 2;",
         "most_timers = ~uint64_t{0};"),
        ("collectors/cpu/ticks.cc", "    if (tick_timer::is_alive(tid)) take_one_timer();\n", "    (void)tid;\n")],
    "a thread gives its timer back": [
        ("collectors/cpu/ticks.cc",
         "  tick_timer::disarm_thread(thread);\n  // Closed in any case", "  // Closed in any case")],
    "what a frame borrows comes back when it is gone": [
        ("env/sys/frames.cc", "const bool is_ours = is_left(has, tid, here) && become(",
         "const bool is_ours = false && become(")],
    "a walk's room is one thread's": [
        ("collectors/unwind/stack_trace.cc", "const uint64_t first = static_cast<uint64_t>(tid) * 0x9e3779b97f4a7c15u >> 32;",
         "(void)tid;\n  const uint64_t first = 0;"),
        ("env/sys/frames.h", "    return word_.load(std::memory_order_relaxed) == 0 && become(0, word_of(tid, here));\n",
         "    word_.store(word_of(tid, here), std::memory_order_relaxed);\n    return true;\n")],
    "dlsym's caller gets ours only for what ours calls": [("preload/hooks/interpose_dlsym.cc", "search.met_caller && !search.has_other;\n", "search.met_caller;\n")],
    "threads that no hook saw are looked for": [
        ("collectors/cpu/ticks.cc",
         "  if (looks_around && cpu_account::has_raw_threads(period_ns)) raw_threads::look();\n",
         "  (void)looks_around;\n")],
    # Stacks.
    "threads are looked for on a stack of our own": [
        ("collectors/cpu/raw_threads.cc",
         "  work_on((*room).stack, [](void*) { thread_snapshot::each_raw_thread(found); }, nullptr);\n",
         "  thread_snapshot::each_raw_thread(found);\n")],
    "samples on the host's stack": [
        ("collectors/unwind/capture.cc", "  stack_trace::capture_caller(caller, below, *buffer);\n",
         "  struct Job {\n    const Caller* caller;\n    KnownRegisters* below;\n    WalkBuffer* buffer;\n  };\n"
         "  Job job{&caller, &below, &*buffer};\n"
         "  const auto walk = [](void* of) {\n    const Job& j = *static_cast<Job*>(of);\n"
         "    stack_trace::capture_caller(*j.caller, *j.below, *j.buffer);\n  };\n"
         "  work_on((*buffer).stack, walk, &job);\n")],
    "no descriptor is held": [
        ("collectors/unwind/stack_memory.cc", "  return arch::syscall(SYS_rt_sigprocmask,",
         "  static int ends[2];\n  constexpr int kNonBlocking = 04000;\n"
         "  if (ends[1] == 0) arch::syscall(SYS_pipe2, ends, kNonBlocking);\n"
         "  arch::syscall(SYS_write, ends[1], address & ~(kPage - 1), 1L);\n"
         "  return arch::syscall(SYS_rt_sigprocmask,")],
    "a frame pointer proves nothing": [
        ("collectors/unwind/walk_guess.cc", "(fp < sp && memory_.is_of_thread(fp) && memory_.is_of_thread(sp))",
         "false"),
        ("collectors/unwind/walk_guess.cc", "memory_.enter_unproven(fp);", "memory_.enter(fp);")],
    "code is asked for before it is read": [
        ("collectors/unwind/walk_guess.cc",
         "  if (!can_read(return_address - (room < kLongestCall ? room : kLongestCall), return_address)) {\n"
         "    return false;\n  }\n", "  (void)can_read;\n")],
    "made code is asked for before it is read": [
        ("collectors/unwind/walk_made_code.cc", "  if (!StackMemory::is_readable(start)) return false;\n", "")],
    "code with rules vouches for what led there": [
        ("collectors/unwind/walk_climb.cc", "  uncorroborated_ = kAllCorroborated;  // rows are of objects' code\n", "")],
    "a caller's frame lies above": [
        ("collectors/unwind/walk_climb.cc", "cfa - at.sp - 1 >= StackMemory::kMaxFrame || ", ""),
        ("collectors/unwind/walk.cc", "!memory_.is_above(cfa, regs.get(kRsp)) || ", "")],
    "a walk has an end": [
        ("collectors/unwind/walk_climb.cc", "  while (at.depth < depth_) {\n    while", "  while (true) {\n    while")],
    "objects that go are forgotten": [
        ("preload/hooks/interpose_dl.cc", "  if (objects::forget_gone()) stack_trace::forget_code();\n", ""),
        ("collectors/unwind/objects.cc", "    if (is_still_loaded(*range)) return range;\n", "    return range;\n")],
    # Limits, sandboxes, output.
    "a file's limit is asked for first": [
        ("tables/spool_room.cc", "limit_of(kFileSize) >= size;", "limit_of(kFileSize) >= size || true;")],
    "SIGXFSZ is blocked": [("env/sys/size_signal.h", "kMask = uint64_t{1} << (SIGXFSZ - 1);", "kMask = 0;")],
    "tables as large as may be": [
        ("tables/spool_room.cc", "for (; size >= kLeast; size /= 2) {", "for (; size >= kLeast; size = 0) {"),
        ("tables/spool_room.cc", "size > fair_share(fd < 0)", "fair_share(fd < 0) == 0")],
    "an eighth of the host's limits": [("tables/spool_room.cc", "size > fair_share(fd < 0)", "fair_share(fd < 0) == 0")],
    "our memory is not locked for the host": [
        ("preload/hooks/interpose_mlock.cc", "  if (!locked_memory::lock_hosts(flags)) return result;", "  return result;")],
    "a process that cannot be made is not waited for": [("preload/processes/symbolizer.cc", "  if (pid > 0) {\n", "  if (pid != 0) {\n")],
    "what is lost is counted": [
        ("collectors/counts/sample_table.cc", "    lose(key.mode, values, count);\n", "")],
    "room for a descriptor": [("env/sys/descriptor_room.cc", "  if (left != 0 &&", "  if (false &&")],
    "descriptors above 2": [
        ("env/output_file.cc", "  const StandardPlaces taken;\n", ""),
        ("env/output_file.cc", "  fd_ = above_standard(fd_);\n", "")],
    "files are known by their inode": [
        ("collectors/fd.cc", "if (file_of(number).identity != word.identity) {",
         "if (file_of(number).identity == 0) {")],
    "tables stay mapped": [
        ("preload/recorder/dumps.cc", "#include \"env/sys/descriptor_room.h\"\n",
         "#include <sys/syscall.h>\n\n#include \"env/sys/descriptor_room.h\"\n#include \"env/sys/arch.h\"\n"),
        ("preload/recorder/dumps.cc", "    spool::remove();\n",
         "    spool::remove();\n    arch::syscall(SYS_munmap, tables::base, tables::header().limit);\n")],
    "`prctl` interposed": [
        ("preload/hooks/interpose_prctl.cc", '    case PR_SET_SECCOMP:\n      return recorder::sandbox_coming("installed a seccomp filter");\n', "")],
    "a clean state in every way into our code": [
        ("env/sys/x86_64/clean_state.h", "if (UNLIKELY((mxcsr_ & ~kExceptionFlags) != kDefault)) __builtin_ia32_ldmxcsr(kDefault);", ""),
        ("env/sys/x86_64/clean_state.h", "if (__builtin_ia32_stmxcsr() != mxcsr_) __builtin_ia32_ldmxcsr(mxcsr_);", "")],
    "unaligned access is allowed meanwhile": [
        ("env/sys/x86_64/clean_state.h", "if (UNLIKELY((flags_ & kAlignmentCheck) != 0)) write_flags(flags_ & ~kAlignmentCheck);", "")],
    "the clock is asked by system calls where the counter is forbidden": [
        ("preload/hooks/interpose_prctl.cc", "if (a == PR_TSC_SIGSEGV) clock_source::avoid_counter();", "")],
    "no thread-local memory is touched under another thread pointer": [
        ("collectors/cpu/ticks.cc",
         "  if (is_ours(number, *info) && !thread_pointers::is_own_here()) return;\n", "")],
    "the recording ends before the host dispatches calls": [
        ("preload/hooks/interpose_prctl.cc",
         'if (a != 0) recorder::sandbox_coming("dispatches its system calls itself");', "")],
    "no clock is read once nothing is recorded": [
        ("preload/hooks/timed_calls.h", "  if (UNLIKELY(!waits::are_followed())) return real(arguments...);\n", "")],
    "PROFILER_SYMBOLIZE=none makes no child": [
        ("preload/processes/symbolizer.cc", " || facts.options.symbolize == options::Symbolize::kNone) return;", ") return;")],
    "foreign words are one name": [("env/output_name.cc", "first != '/' && ", "")],
    "a name is taken, not opened": [
        ("env/output_claim.cc", "  long result = rename_if_free(directory, temporary, path);\n",
         "  arch::syscall(SYS_openat, directory, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);\n"
         "  long result = rename_if_free(directory, temporary, path);\n")],
    "tables are their user's": [
        ("tables/spool.cc", "O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);",
         "O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);")],
    "AT_SECURE is obeyed": [("env/process.cc", "  return getauxval(AT_SECURE) == 0;\n", "  return true;\n")],
    "only what is trusted is executed": [
        ("env/trusted_program.cc", "(file.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&", "true &&")],
    "its directory is as protected as the library's": [
        ("env/trusted_program.cc",
         "  if ((directory.st_mode & S_IWOTH) != 0 && !is_library_open) return false;\n", "")],
}
