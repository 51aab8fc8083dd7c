#include "preload/recorder/allocator_figures.h"

#include <malloc.h>

#include "collectors/unwind/loader.h"
#include "env/process.h"
#include "env/process_memory.h"
#include "env/sys/text.h"
#include "preload/linkage/allocator_findings.h"
#include "preload/linkage/symbol_lookup.h"
#include "preload/processes/copied_process.h"

namespace allocator_figures {

namespace {

using Figures = encoder::AllocatorFacts;

// Where these are passed, a copy of the process would delay the host's end.
constexpr uint64_t kMostResident = uint64_t{1} << 30;
constexpr unsigned kMostMappings = 4000;
constexpr uint64_t kLimitNs = 50000000;

// One family of allocators. Its function takes locks and walks lists, so it is only called in a
// copy of the process.
struct Family {
  const char* name;
  const char* function;
  // False where the function does not know the figures.
  bool (*ask)(void* function, Figures& figures);
};

bool ask_glibc(void* function, Figures& f) {
  const auto info = reinterpret_cast<struct mallinfo2 (*)()>(function)();
  f.held_bytes = info.arena + info.hblkhd;
  f.figures[f.count++] = {"from the system", f.held_bytes};
  f.used_bytes = info.uordblks + info.hblkhd;
  f.figures[f.count++] = {"in use", f.used_bytes};
  f.figures[f.count++] = {"free", info.fordblks};
  return true;
}

using Mallctl = int(const char* name, void* old, size_t* old_size, void* fresh, size_t fresh_size);

bool ask_jemalloc(void* function, Figures& f) {
  auto* mallctl = reinterpret_cast<Mallctl*>(function);
  uint64_t epoch = 1;  // the figures are as of now
  if (mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch) != 0) return false;
  constexpr struct {
    const char *name, *what;
  } kAsked[] = {{"stats.mapped", "mapped"},
                {"stats.resident", "resident"},
                {"stats.active", "in pages in use"},
                {"stats.allocated", "in use"}};
  for (const auto& asked : kAsked) {
    size_t bytes = 0;
    size_t size = sizeof bytes;
    if (mallctl(asked.name, &bytes, &size, nullptr, 0) != 0) return false;
    f.figures[f.count++] = {asked.what, bytes};
  }
  f.held_bytes = f.figures[1].bytes;
  f.used_bytes = f.figures[3].bytes;
  return true;
}

bool ask_tcmalloc(void* function, Figures& f) {
  auto* get = reinterpret_cast<int (*)(const char* name, size_t* value)>(function);
  size_t heap = 0;
  size_t in_use = 0;
  size_t given_back = 0;
  if (get("generic.heap_size", &heap) == 0 ||
      get("generic.current_allocated_bytes", &in_use) == 0) {
    return false;
  }
  get("tcmalloc.pageheap_unmapped_bytes", &given_back);
  f.held_bytes = heap > given_back ? heap - given_back : 0;
  f.figures[f.count++] = {"from the system", f.held_bytes};
  f.used_bytes = in_use;
  f.figures[f.count++] = {"in use", in_use};
  f.figures[f.count++] = {"free", f.held_bytes > in_use ? f.held_bytes - in_use : 0};
  return true;
}

constexpr Family kFamilies[] = {
    {"glibc", "mallinfo2", ask_glibc},
    {"jemalloc", "mallctl", ask_jemalloc},
    {"tcmalloc", "MallocExtension_GetNumericProperty", ask_tcmalloc},
};

// Found at the start.
const Family* family;
void* family_function;
char object_path[256];

// In the object whose malloc is used alone: libc has these too while it is jemalloc's. And others
// than libc have a mallinfo2, which knows little.
void find_family(const link_map& object) {
  const bool is_libc = symbol_lookup::in(object, "gnu_get_libc_version") != nullptr;
  for (const Family& one : kFamilies) {
    if ((one.ask == ask_glibc) != is_libc) continue;
    family_function = const_cast<void*>(symbol_lookup::in(object, one.function));
    if (family_function == nullptr) continue;
    family = &one;
    return;
  }
}

// In the copy.
void answer(void* bytes) {
  auto* figures = static_cast<Figures*>(bytes);
  if (!family->ask(family_function, *figures)) *figures = {};
}

const char* reason_not_to_ask(const process_memory::Counters& counters, bool last) {
  if (!last) return "not asked before an exec";
  // Which may end a process that makes a child.
  if (counters.filtered) return "not asked under a seccomp filter";
  if (process::has_children_elsewhere()) return "not asked, children have another pid namespace";
  // Which ends a program that makes such a copy.
  if (loader::is_valgrind()) return "not asked under valgrind";
  if (counters.anonymous > kMostResident) return "not asked, the process is too large";
  if (process_memory::count_mappings(kMostMappings) == kMostMappings) {
    return "not asked, the process has too many mappings";
  }
  return nullptr;
}

}  // namespace

void find() {
  const void* used = allocators::malloc_in_use();
  loader::FoundObject found;
  if (used == nullptr || !loader::find(reinterpret_cast<uint64_t>(used), &found)) return;
  const char* path = found.map->l_name;
  text::Builder(object_path) << (path == nullptr || *path == 0 ? "the program itself" : path);
  find_family(*found.map);
}

void describe(Figures& facts, const process_memory::Counters& counters, bool last) {
  if (last) allocators::say_trouble();
  facts.trouble = allocators::trouble();
  facts.circumstance = allocators::circumstance();
  facts.name = family != nullptr ? family->name : object_path;
  if (family == nullptr) return;
  facts.remark = reason_not_to_ask(counters, last);
  if (facts.remark != nullptr) return;
  Figures figures;
  if (!copied_process::run(answer, &figures, sizeof figures, kLimitNs)) {
    facts.remark = "did not answer";
  } else if (figures.count != 0) {
    figures.trouble = facts.trouble;
    figures.circumstance = facts.circumstance;
    figures.name = family->name;
    figures.remark = family->function;
    facts = figures;
  }
}

}  // namespace allocator_figures
