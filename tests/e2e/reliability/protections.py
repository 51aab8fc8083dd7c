"""What each row of docs/reliability.md is protected by, and how it is taken out: {name: edits}, an edit
being a file of the tree, a text that stands there once, and what stands there without the protection.
scripts/reliability builds each such tree and wants the rows of that name to fail."""

PROTECTIONS = {
    "a destructor": [
        ("preload/recorder.cc", "void unload() {\n  finish();\n", "void unload() {\n")],
    "`_exit`, `_Exit`, `quick_exit` interposed": [
        ("preload/interpose_exit.cc", f"  recorder::process_ending();\n  real::{name}(", f"  real::{name}(")
        for name in ("_exit", "_Exit", "quick_exit")],
    "`syscall` interposed": [
        ("preload/interpose_syscall.cc", "if (UNLIKELY(is_unusual(number) ||", "if (UNLIKELY(")],
    "tables that outlive the process": [
        ("env/spool.cc", "MAP_SHARED | MAP_NORESERVE", "MAP_PRIVATE | MAP_NORESERVE")],
    "`run` recovers": [
        ("encoder/program/subcommand_run.cc", "Recovery all = recover_spools(folder.spools(), options);",
         "Recovery all;\n  return all;")],
    "a process beside `run`": [
        ("encoder/program/subcommand_run.cc", "  if (meets) {\n    rescue.emplace(",
         "  if (meets && false) {\n    rescue.emplace(")],
    "one writer, the others wait": [
        ("preload/recorder.cc", "if (tries == 2000 || nobody == me) return false;", "return false;")],
    "waits have a limit": [
        ("preload/recorder.cc", "if (tries == 2000 || nobody == me)", "if (nobody == me)")],
    "a second `exit` writes too": [
        ("preload/interpose_exit.cc", "  recorder::exiting();\n", "")],
    "a child has no writer": [
        ("preload/recorder.cc",
         "  writer_tid.store(0, std::memory_order_relaxed);\n  recording_pid", "  recording_pid")],
    "files before the exec": [
        ("preload/interpose_exec.cc", "is_ending = recorder::image_ending();", "is_ending = false;")],
    "an exec that fails is undone": [
        ("preload/interpose_exec.cc", "  if (is_ending) recorder::image_stays();\n", "")],
    "a child begins anew": [
        ("preload/recorder.cc", "  pthread_atfork(nullptr, fork_done, forked);\n",
         "  pthread_atfork(nullptr, fork_done, nullptr);\n  (void)forked;\n")],
    "a vfork child is told by its number": [
        ("preload/recorder.cc", "return pid != 0 && pid == process::current_pid();", "return pid != 0;")],
    "a child's name has its number": [
        ("preload/profile_writer.cc", "fields.first_process = facts.first_process;",
         "fields.first_process = true;")],
    "`daemon` interposed": [
        ("preload/interpose_exit.cc", "if (!recorder::parting())", "if (true)")],
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
        ("preload/recorder.cc", "  stack_trace::free_buffers_of_others();\n", "")],
    "PROFILER_CHILDREN": [
        ("preload/start.cc", "(facts.first_process || facts.options.children) &&", ""),
        ("preload/recorder.cc", "if (!run->options.children || !begin())", "if (!begin())")],
    "PROFILER_ONLY": [
        ("preload/start.cc", "return only.empty() || globs", "return true || only.empty() || globs")],
    "a name that is taken is not replaced": [
        ("env/output_claim.cc", "return changed_ns <= start_realtime_ns;",
         "return changed_ns <= start_realtime_ns || true;")],
    "a session's files are no earlier run's": [
        ("preload/profile_writer.cc", "  if (!facts.first_process) {\n    workspace->born",
         "  if (false) {\n    workspace->born")],
    "a birth without /proc": [
        ("env/process.cc", "  if (fd < 0) return latest;\n", "  if (fd < 0) return 0;\n")],
    "tables stay where a file could not be written": [
        ("preload/dumps.cc", "if (last && whole) {", "if (last) {")],
}
