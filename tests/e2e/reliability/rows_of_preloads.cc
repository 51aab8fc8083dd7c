// Other libraries in LD_PRELOAD, other allocators, and the whole family of malloc.
#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Other preloads and allocators";
constexpr const char* kDirectory = "/usr/lib/x86_64-linux-gnu/";

bool is_there(Judge& judge, const std::string& path) {
  if (can_execute(path) || !read_file(path).empty()) return true;
  judge.not_checked(path.substr(path.rfind('/') + 1), "it is not installed");
  return false;
}

// What the program says it allocated, by the allocator's own calls or by libc's.
void exact_under(Judge& judge, const std::string& file, bool before_us, const Command& command) {
  const std::string path = kDirectory + file;
  if (!is_there(judge, path)) return;
  Command bare = command;
  bare.environment["LD_PRELOAD"] = path;
  judge.host = run(bare).end();
  const std::string both = before_us ? path + ":" + library() : library() + ":" + path;
  const Outcome ours = judge.run_ours(command, "heap", {{"LD_PRELOAD", both}});
  judge.want(ours.end() == judge.host, "it ends by " + ours.end());
  judge.want(ours.err.empty(), "it says " + ours.err);
  judge.want_sites(ours.out);
}

void family(Judge& judge) {
  const Outcome ours = judge.same({{target("heap_sites"), "portable"}});
  judge.want_sites(ours.out);
}

void preloaded_after_us(Judge& judge, const std::string& name) {
  const Command command{{target("ends"), "exit"}};
  judge.same(command, "heap", {{"LD_PRELOAD", library() + ":" + target(name)}});
  judge.want_files(1);
  judge.want_objects("site_of_ends", 1);
}

void defines_malloc(Judge& judge) {
  const Command command{{target("own_malloc")}};
  const Outcome bare = run(command), ours = judge.run_ours(command);
  judge.host = bare.end();
  judge.want(ours.end() == bare.end() && ours.out == bare.out, "its output is another");
  judge.want(ours.error_lines().size() == 1, "no line says so");
  judge.want_files(1);
  for (const ProfileFile& file : judge.profiles("heap")) {
    judge.want(file.all_comments().find("defines malloc itself") != std::string::npos,
               "no comment says so");
  }
}

// Without heap: the program's own malloc stays where the loader has bound it, and so does its free.
void has_hole(Judge& judge) {
  judge.same({{target("own_malloc_beyond_hole")}}, "cpu");
  judge.want_files(1);
}

void leak_checked(Judge& judge) {
  judge.same({{target("with_lsan")}}, "cpu");
  judge.want_files(1);
  judge.want_cpu("site_burn", 100000000);
}

void delegates(Judge& judge) {
  const Command command{{target("heap_sites"), "portable"}};
  const std::string both = library() + ":" + target("delegating_allocator.so");
  const Outcome ours = judge.run_ours({{target("errno_keeper")}}, "heap",
                                      {{"LD_PRELOAD", both}, {"PROFILER_HEAP_RATE", "4096"}});
  judge.host = ours.end();
  judge.want_files(1);
  for (const ProfileFile& file : judge.profiles("heap")) {
    const int64_t objects = file.at_leaf("alloc_objects", "main");
    judge.want(objects > 800000 && objects < 1000000,
               "900000 blocks are " + std::to_string(objects));
  }
}

void errno_stays(Judge& judge, const std::string& name) {
  judge.same({{target(name)}}, "cpu,heap", {{"PROFILER_CPU_HZ", "1000"}});
  judge.want_files(2);
}

// It takes the function behind itself by dlsym each time, which must never be ours.
void wraps_threads(Judge& judge) {
  const std::string wrapper = target("wraps_threads.so");
  const Command command{{target("threads_of_plugin")}, {{"LD_PRELOAD", wrapper}}};
  const Outcome bare = run(command);
  judge.host = bare.end();
  const Outcome ours =
      judge.run_ours(command, "heap,threadcreate", {{"LD_PRELOAD", library() + ":" + wrapper}});
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  judge.want(ours.out == bare.out, "its output is another");
  judge.want_files(2);
}

// Ten times as fast as the world: libfaketime leads the calls of libc's clocks.
void faked_time(Judge& judge) {
  const std::string path = std::string(kDirectory) + "faketime/libfaketimeMT.so.1";
  if (!is_there(judge, path)) return;
  const Command command{{"/bin/sleep", "2"}, {{"LD_PRELOAD", path}, {"FAKETIME", "+0 x10"}}};
  const Outcome bare = run(command);
  judge.host = bare.end();
  const Outcome ours = judge.run_ours(command, "wall", {{"LD_PRELOAD", library() + ":" + path}});
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  for (const ProfileFile& file : judge.profiles("wall")) {
    const double share = static_cast<double>(file.total("wall")) / (ours.seconds * 1e9);
    judge.want(share > 0 && share < 1.2, "a second has " + std::to_string(share) + " s");
  }
  judge.want_files(1);
}

}  // namespace

void add_rows_of_preloads(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  const auto under = [&](const char* way, const char* file, bool before_us, const char* protection,
                         const Command& command) {
    add(way, protection, [=](Judge& judge) { exact_under(judge, file, before_us, command); });
  };
  const Command portable{{target("heap_sites"), "portable"}}, calls{{target("allocator_calls")}};
  const char* led = "calls that go past us are led to us";
  under("jemalloc behind us, by its own calls", "libjemalloc.so.2", false, led, calls);
  under("tcmalloc behind us, by its own calls", "libtcmalloc.so.4", false, led, calls);
  under("mimalloc behind us, by its own calls", "libmimalloc.so.2", false, led, calls);
  under("jemalloc before us", "libjemalloc.so.2", true, led, portable);
  under("tcmalloc before us", "libtcmalloc.so.4", true, led, portable);
  under("mimalloc before us", "libmimalloc.so.2", true, led, portable);
  add("an allocator whose functions call each other by name", "a block is counted once", delegates);
  add("a program that defines malloc", "the object that defines malloc is looked up",
      defines_malloc);
  add("a program that defines malloc and has a hole between its segments",
      "a program's extent is that of all its segments", has_hole);
  add("LeakSanitizer's runtime behind us", "our actions are set past other preloads", leak_checked);
  add("a preload whose `dlsym` allocates", "a pool while names are looked up",
      [](Judge& judge) { preloaded_after_us(judge, "dlsym_allocates.so"); });
  add("a preload whose `dlsym` allocates, and frees it later", "blocks of the pool are recognised",
      [](Judge& judge) { preloaded_after_us(judge, "dlsym_allocates.so"); });
  add("a preload that wraps `pthread_create` and takes the next by `dlsym`",
      "dlsym's caller gets ours only for what ours calls", wraps_threads);
  add("a library that allocates before our constructor", "hooks that find what is below them",
      [](Judge& judge) { preloaded_after_us(judge, "early_blocks.so"); });
  add("libfaketime, ten times as fast", "clocks of the kernel's own", faked_time);
  add("malloc and its ten relatives", "`memalign` is counted", family);
  add("`realloc` of a block that was sampled", "a block that moves leaves its place", family);
  add("`malloc` and `free` leave errno, on a fiber", "system calls without errno",
      [](Judge& judge) { errno_stays(judge, "errno_on_fiber"); });
}

}  // namespace e2e
