#include "encoder/program/recovered_profiles.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "encoder/pprof.h"
#include "encoder/program/confinement.h"
#include "env/output_file.h"
#include "env/output_name.h"

namespace program {
namespace {

constexpr uint64_t kSecond = 1000000000;

class Blocks {
 public:
  encoder::BlockSource source() { return {&Blocks::more, this}; }

 private:
  static void* more(void* self, size_t size) {
    auto& blocks = static_cast<Blocks*>(self)->blocks_;
    blocks.emplace_back(new (std::nothrow) char[size]);
    return blocks.back().get();
  }
  std::vector<std::unique_ptr<char[]>> blocks_;
};

bool write_bytes(void* file, const void* bytes, size_t size) {
  return !static_cast<output_file::OutputFile*>(file)->write(bytes, size);
}

// The header's texts, for as long as the name is being made.
struct Origin {
  explicit Origin(const SpoolFile& spool)
      : header(spool.view().header()),
        program(spool.text(header.program_name)),
        host(spool.text(header.host_name)),
        folder(spool.text(header.start_folder)),
        name_template(spool.text(header.output)) {}

  output_name::Fields fields(const std::string& mode) const {
    output_name::Fields fields;
    fields.program = program;
    fields.pid = static_cast<uint32_t>(header.pid);
    fields.first_process = (header.flags & layout::kFirstProcess) != 0;
    fields.mode = mode;
    fields.several_modes = header.mode_count > 1;
    fields.host = host;
    fields.start_time_s = header.start_realtime_ns / kSecond;
    fields.start_folder = folder;
    return fields;
  }

  const layout::Header& header;
  std::string program, host, folder, name_template;
};

// The last change of the file, where stores through a mapping count as one (not on tmpfs).
uint64_t last_change(const SpoolFile& spool) {
  const layout::Header& header = spool.view().header();
  const uint64_t changed = spool.changed_ns();
  const uint64_t start = header.start_realtime_ns;
  return changed > start + kSecond ? header.start_monotonic_ns + (changed - start) : 0;
}

// When it was still there for certain, where nobody saw the end.
uint64_t last_sign(const SpoolFile& spool) {
  const layout::Header& header = spool.view().header();
  const uint64_t sampled = header.last_sample_ns.load(std::memory_order_relaxed);
  // That clock is some milliseconds late.
  return std::max(last_change(spool), sampled > header.start_monotonic_ns ? sampled : 0);
}

std::string comments(const SpoolFile& spool, bool saw_end, uint64_t end_ns) {
  std::string lines = "recovered: the process ended without writing its profile\n";
  if (spool.is_cut_short()) lines += "damaged: the tables were cut short before they were read\n";
  if (end_ns == 0) {
    lines += "# duration: not known, nobody saw when the process ended\n";
  } else if (!saw_end) {
    lines += "# duration: until about the last sample, nobody saw when the process ended\n";
  }
  return lines;
}

std::string sentence(const std::string& path, const output_file::Error& error) {
  std::string line = "cannot write " + path + ": " + error.what;
  if (error.number != 0) line += ": " + std::string(output_file::error_words(error.number));
  return line;
}

// A file that is younger than the tables is nobody's earlier run, whatever the tables say.
uint64_t begun_ns(const SpoolFile& spool) {
  // Of a tree's other processes one may have had the same number, and nobody knows when it began.
  if ((spool.view().header().flags & layout::kFirstProcess) == 0) return 0;
  const uint64_t start = spool.view().header().start_realtime_ns;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::min(start, static_cast<uint64_t>(now.tv_sec) * kSecond);
}

}  // namespace

bool write_profiles(const SpoolFile& spool, uint64_t end_monotonic_ns,
                    std::vector<std::string>* files, std::string* problem) {
  const Origin origin(spool);
  const std::string name_template(origin.name_template.c_str());
  if (origin.folder.find('\0') != std::string::npos || !output_name::valid(name_template)) {
    *problem = "its tables name no place for a file";
    return false;
  }
  const bool saw_end = end_monotonic_ns != 0;
  const uint64_t end_ns = saw_end ? end_monotonic_ns : last_sign(spool);
  const std::string extra = comments(spool, saw_end, end_ns);
  const uint32_t modes = std::min(origin.header.mode_count, layout::kMaxModes);
  if (modes == 0) *problem = "its tables name no mode";
  for (uint32_t i = 0; i < modes && problem->empty(); i++) {
    if (origin.header.modes[i].written.load(std::memory_order_relaxed) == 1) continue;
    char name_bytes[output_name::kPathSize];
    if (!spool.view().has_file(i)) continue;
    const std::string mode(spool.view().mode_name(i));
    const auto name = output_name::expand(name_template, origin.fields(mode), name_bytes);
    encoder::EncodeInput input;
    input.view = spool.view();
    input.mode_index = i;
    input.end_monotonic_ns = end_ns;
    input.extra_comments = extra;
    Blocks blocks;
    encoder::Arena arena(blocks.source(),
                         std::max(encoder::kUsualArena, spool.view().size_bytes()));
    encoder::Result result;
    const Uninterrupted until_renamed;
    const auto output = std::make_unique<output_file::OutputFile>();
    output_file::Error error = output->open(name);
    const bool encoded = !error && encode(input, arena, {write_bytes, output.get()}, &result);
    if (!error) error = output->write(nullptr, 0);  // the first failure of a write, if any
    if (!error && !encoded) error = {result.error, 0};
    if (!error) error = output->commit(begun_ns(spool));
    if (error) {
      *problem = sentence(std::string(name.path), error);
    } else {
      files->emplace_back(output->path());
    }
  }
  if (problem->empty()) return true;
  // A second try must not find its own files beside it.
  for (const std::string& path : *files) unlink(path.c_str());
  files->clear();
  return false;
}

}  // namespace program
