#include "program/recovery/recovered_profiles.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "encoder/encode.h"
#include "env/output_file.h"
#include "env/output_name.h"
#include "program/profiles/arena_blocks.h"
#include "program/sandbox/confinement.h"
#include "program/system/opened_directory.h"
#include "program/system/output_sentence.h"

namespace program {
namespace {

constexpr uint64_t kSecond = 1000000000;

bool write_bytes(void* file, const void* bytes, size_t size) {
  return !static_cast<output_file::OutputFile*>(file)->write(bytes, size);
}

// The last change of the file, where stores through a mapping count as one (not on tmpfs).
uint64_t last_change(const SpoolFile& spool) {
  const layout::Header& header = spool.view().header();
  const uint64_t changed = spool.changed_ns();
  const uint64_t start = header.start_realtime_ns;
  return changed > start + kSecond ? header.start_monotonic_ns + (changed - start) : 0;
}

// When it was still there for certain, where no process saw the end.
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
    lines += "# duration: not known, no process saw the end\n";
  } else if (!saw_end) {
    lines += "# duration: until about the last sample, no process saw the end\n";
  }
  return lines;
}

unsigned files_of(const encoder::TablesView& view) {
  const layout::Header& header = view.header();
  unsigned wanted = 0;
  for (uint32_t i = 0; i < std::min(header.mode_count, layout::kMaxModes); i++) {
    wanted += header.modes[i].on_demand == 0 ? 1 : 0;
  }
  return wanted;
}

// A file that was made, by the directory that it was made in.
struct Made {
  OpenedDirectory directory;
  std::string path;

  void remove() const { unlinkat(directory.fd(), path.c_str() + path.rfind('/') + 1, 0); }
};

// What stands in the tables decides on the contents alone.
output_file::Error write_mode(const SpoolFile& spool, uint32_t mode, const encoder::EncodeInput& in,
                              Made* made) {
  const Origin& origin = spool.origin();
  char name_bytes[output_name::kPathSize];
  const uint64_t dumps = spool.view().header().control.dumps.load(std::memory_order_relaxed);
  const output_name::Name name = origin.name(
      {std::string(spool.view().mode_name(mode)), files_of(spool.view()) > 1, dumps + 1, false},
      name_bytes);
  made->path = name.path;
  ArenaBlocks blocks;
  encoder::Arena arena(blocks.source(), std::max(encoder::kUsualArena, spool.view().size_bytes()));
  encoder::Result result;
  const Uninterrupted until_renamed;
  const auto output = std::make_unique<output_file::OutputFile>();
  output_file::Error error = made->directory.open(name, origin.file_mode());
  if (!error) error = output->open_in(made->directory.fd(), name, origin.file_mode());
  const bool encoded = !error && encode(in, arena, {write_bytes, output.get()}, &result);
  if (!error) error = output->write(nullptr, 0);  // the first failure of a write, if any
  if (!error && !encoded) error = {result.error, 0};
  if (!error) error = output->commit(output_file::kReplaceNever);
  if (!error) made->path = output->path();
  return error;
}

}  // namespace

bool write_profiles(const SpoolFile& spool, uint64_t end_monotonic_ns,
                    std::vector<std::string>* files, std::string* problem) {
  const layout::Header& header = spool.view().header();
  const bool saw_end = end_monotonic_ns != 0;
  const uint64_t end_ns = saw_end ? end_monotonic_ns : last_sign(spool);
  const std::string extra = comments(spool, saw_end, end_ns);
  const uint32_t modes = std::min(header.mode_count, layout::kMaxModes);
  if (modes == 0) *problem = "its tables name no mode";
  std::vector<Made> made;
  for (uint32_t i = 0; i < modes && problem->empty(); i++) {
    const bool is_written = header.modes[i].written.load(std::memory_order_relaxed) == 1;
    if (is_written || header.modes[i].on_demand != 0 || !spool.view().has_file(i)) continue;
    encoder::EncodeInput input;
    input.view = spool.view();
    input.mode_index = i;
    input.end_monotonic_ns = end_ns;
    input.extra_comments = extra;
    Made file;
    const output_file::Error error = write_mode(spool, i, input, &file);
    if (error) {
      *problem = output_sentence(file.path, error);
    } else {
      made.push_back(std::move(file));
    }
  }
  // A second try must not find its own files beside it.
  for (const Made& file : made) {
    if (problem->empty()) {
      files->push_back(file.path);
    } else {
      file.remove();
    }
  }
  return problem->empty();
}

}  // namespace program
