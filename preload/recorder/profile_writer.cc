#include "preload/recorder/profile_writer.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <new>

#include "collectors/custom.h"
#include "encoder/encode.h"
#include "env/output_file.h"
#include "env/sys/arch.h"
#include "env/sys/log.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"
#include "preload/recorder/tables_setup.h"
#include "tables/spool.h"
#include "tables/tables.h"
#include "tables/written_list.h"

namespace profile_writer {

namespace {

// Blocks from the kernel, given back together: the host's allocator is never entered.
class Blocks {
 public:
  ~Blocks() {
    while (first_ != nullptr) {
      Block* next = first_->next;
      arch::syscall(SYS_munmap, first_, first_->size);
      first_ = next;
    }
  }
  static void* more(void* self, size_t size) { return static_cast<Blocks*>(self)->take(size); }

 private:
  struct alignas(16) Block {
    Block* next;
    size_t size;
  };

  void* take(size_t size) {
    const size_t whole = (size + sizeof(Block) + 4095) & ~size_t{4095};
    const long at = arch::syscall(SYS_mmap, 0L, whole, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (arch::is_error(at)) return nullptr;
    auto* block = reinterpret_cast<Block*>(at);
    *block = {first_, whole};
    first_ = block;
    return block + 1;
  }

  Block* first_ = nullptr;
};

bool write_bytes(void* file, const void* bytes, size_t size) {
  return !static_cast<output_file::OutputFile*>(file)->write(bytes, size);
}

// A program may dump in a loop, and gets the number of the error each time. So each cause has one
// line; the files of the program's end have their own. Context: one thread writes at a time.
class SaidCauses {
 public:
  void forget() { *this = {}; }
  bool enter(const output_file::Error& error) {
    if (error.number <= 0 || error.number >= kMostNumbers) {
      const bool is_new = last_ != error.what;
      last_ = error.what;
      return is_new;
    }
    const uint64_t bit = uint64_t{1} << error.number % 64;
    uint64_t& word = numbers_[error.number / 64];
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }

 private:
  static constexpr int kMostNumbers = 192;
  const char* last_ = nullptr;
  uint64_t numbers_[kMostNumbers / 64] = {};
};
constinit SaidCauses said{};

void say_how_to_recover(logging::Line& line) {
  if (!spool::file().empty()) line << "; once that is mended: profiler recover " << spool::file();
}

void say_failure(std::string_view path, const output_file::Error& error) {
  if (!said.enter(error)) return;
  logging::Line line(logging::Level::kError);
  line << "cannot write " << path << ": " << error.what;
  if (error.number == 0) return;
  line << ": " << output_file::error_words(error.number);
  say_how_to_recover(line);
}

unsigned files_wanted() {
  const layout::Header& h = tables::header();
  unsigned count = 0;
  for (uint32_t i = 0; i < tables::mode_count(); i++) count += h.modes[i].on_demand == 0 ? 1 : 0;
  return count;
}

// Not the name in the tables, which another process may have changed: the file of that name would
// be replaced.
std::string_view name_of(const RunFacts& facts, uint32_t mode) {
  const tables_setup::Modes modes = tables_setup::asked_for(facts.options);
  return mode < modes.count ? std::string_view(modes.collector[mode]->name) : custom::name_of(mode);
}

output_name::Fields fields_of(const RunFacts& facts, uint32_t mode) {
  const layout::Header& h = tables::header();
  output_name::Fields fields;
  fields.program = facts.process.program_name;
  fields.pid = static_cast<uint64_t>(facts.process.pid);
  fields.first_process = facts.first_process;
  fields.mode = name_of(facts, mode);
  fields.several_modes = files_wanted() > 1;
  fields.dump_number = h.control.dumps.load(std::memory_order_relaxed);
  fields.host = facts.process.host;
  fields.start_time_s = facts.process.realtime_ns / 1000000000;
  fields.start_directory = facts.process.start_directory;
  return fields;
}

// What the files of one dump need, too large for a host's stack.
struct Workspace {
  uint64_t born_realtime_ns;
  const encoder::MemoryFacts* memory;
  char name_bytes[output_name::kPathSize];
  char
      directory[output_name::kPathSize];  // where the host is, for a path that it names; else empty
  alignas(output_file::OutputFile) char output[sizeof(output_file::OutputFile)];  // anew for each
};

// A directory outside of the host's root has no path that begins with a slash.
void find_directory(char (&directory)[output_name::kPathSize]) {
  const long length = arch::syscall(SYS_getcwd, directory, sizeof directory);
  if (length <= 0 || directory[0] != '/') directory[0] = '\0';
}

bool open_view(encoder::TablesView& view) {
  const char* damage = nullptr;
  if (view.open(tables::base, tables::bounds.size, &damage, &tables::bounds.committed)) return true;
  if (said.enter({damage, 0})) {
    logging::Line(logging::Level::kError) << "no profile was written: " << damage;
  }
  return false;
}

// False if a later try could do better.
bool write_mode(const RunFacts& facts, const profile_writer::Wanted& wanted, Workspace& workspace,
                output_file::OutputFile& output, profile_writer::Written& written) {
  const uint32_t mode = wanted.mode;
  encoder::EncodeInput input;
  input.mode_index = mode;
  input.memory = workspace.memory;
  if (!open_view(input.view)) return true;
  if (!input.view.has_file(mode) || name_of(facts, mode).empty()) return true;
  const output_name::Name name =
      wanted.path != nullptr
          ? output_name::as_given(wanted.path, workspace.name_bytes, workspace.directory)
          : output_name::expand(facts.output_template, fields_of(facts, mode),
                                workspace.name_bytes);
  if (name.error != nullptr) {
    if (said.enter({name.error, 0})) {
      logging::Line(logging::Level::kError)
          << (wanted.path != nullptr ? "profiler_dump: " : "PROFILER_OUTPUT: ") << name.error;
    }
    written.error = EINVAL;
    return true;
  }
  Blocks blocks;
  const uint64_t limit = facts.options.memory_bytes < encoder::kSmallestArena
                             ? encoder::kSmallestArena
                             : facts.options.memory_bytes;
  encoder::Arena arena({Blocks::more, &blocks}, limit);
  encoder::Result result;
  output_file::Error error = output.open(name, static_cast<unsigned>(facts.options.file_mode));
  const bool encoded = !error && encoder::encode(input, arena, {write_bytes, &output}, &result);
  if (!error) error = output.write(nullptr, 0);  // the first failure of a write, if there was one
  if (!error && !encoded) error = {result.error, 0};
  // The program that names a path wants its file there, also a second time.
  const uint64_t replaces = wanted.path != nullptr ? UINT64_MAX : workspace.born_realtime_ns;
  if (!error) error = output.commit(replaces);
  if (error) {
    output.abandon();
    if (written.error == 0) written.error = error.number == 0 ? EIO : error.number;
    say_failure(name.path, error);
    return error.number == 0;
  }
  if (written.last) tables::header().modes[mode].written.store(1, std::memory_order_relaxed);
  // Below `profiler run`, which says it itself, with the names in.
  const auto level = spool::has_written_list() ? logging::Level::kDebug : logging::Level::kInfo;
  const bool is_trace = output.path().ends_with(".pftrace");
  char note[output_file::kOwnerNote];
  logging::Line(level) << output.path()
                       << output_file::owner_note(static_cast<uint32_t>(arch::syscall(SYS_geteuid)),
                                                  static_cast<unsigned>(facts.options.file_mode),
                                                  note)
                       << ": " << result.samples
                       << (is_trace ? " events; to see them, open in https://ui.perfetto.dev: "
                                    : " samples; to see them: go tool pprof -http=: ")
                       << output.path();
  profile_writer::Written::File& file = written.file[written.count++];
  text::Builder(file.path) << output.path();
  file.addresses = result.addresses;
  return true;
}

}  // namespace

bool has_samples() {
  const layout::Header& h = tables::header();
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    if (h.modes[i].samples.load(std::memory_order_relaxed) != 0) return true;
    if (h.modes[i].lost.load(std::memory_order_relaxed) != 0) return true;
  }
  return false;
}

bool write(const RunFacts& facts, const encoder::MemoryFacts& memory, const Wanted& wanted,
           Written& written) {
  written.count = 0;
  written.error = 0;
  if (written.last) said.forget();
  Blocks blocks;
  void* room = Blocks::more(&blocks, sizeof(Workspace));
  if (room == nullptr) {
    constexpr const char* kNoMemory = "no memory to write a profile";
    if (said.enter({kNoMemory, 0})) {
      logging::Line line(logging::Level::kError);
      line << kNoMemory;
      say_how_to_recover(line);
    }
    if (written.last && spool::file().empty()) spool::mark_incomplete();
    written.error = ENOMEM;
    return false;
  }
  auto* workspace = new (room) Workspace;
  workspace->memory = &memory;
  workspace->directory[0] = '\0';
  if (wanted.path != nullptr) find_directory(workspace->directory);
  workspace->born_realtime_ns = process::born_realtime_ns(facts.process.realtime_ns);
  // A number that came back may have been another process's of the same tree.
  if (!facts.first_process) {
    workspace->born_realtime_ns = process::session_born_realtime_ns(workspace->born_realtime_ns);
  }
  bool whole = true;
  layout::Header& h = tables::header();
  if (wanted.path == nullptr)
    written.dump_number = h.control.dumps.fetch_add(1, std::memory_order_relaxed) + 1;
  for (uint32_t mode = 0; mode < tables::mode_count(); mode++) {
    if (wanted.mode == kEveryMode ? h.modes[mode].on_demand != 0 : mode != wanted.mode) continue;
    auto* output = new (workspace->output) output_file::OutputFile;
    whole &= write_mode(facts, {mode, wanted.path}, *workspace, *output, written);
    output->~OutputFile();
  }
  if (!whole && written.last && spool::file().empty()) spool::mark_incomplete();
  return whole;
}

void take_back(const Written& written) {
  layout::Header& h = tables::header();
  for (unsigned i = 0; i < written.count; i++) arch::syscall(SYS_unlink, written.file[i].path);
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    h.modes[i].written.store(0, std::memory_order_relaxed);
  }
  // Unless the agent has numbered a dump since.
  uint32_t number = written.dump_number;
  if (number != 0) h.control.dumps.compare_exchange_strong(number, number - 1);
}

}  // namespace profile_writer
