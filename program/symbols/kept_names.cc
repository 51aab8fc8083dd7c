#include "program/symbols/kept_names.h"

#include <zlib.h>

#include <utility>

namespace program {
namespace {

// Of objects with more (browsers), only the units are kept that an address fell into.
constexpr size_t kMostUnits = 4000;
constexpr size_t kMostBytes = 4 << 20;  // in one addition
// Past that an object gets only what profiles need: its file in the cache has an end.
constexpr size_t kMostFilledBytes = 8 << 20;

}  // namespace

// Pieces for the cache.
class KeptNames::Addition {
 public:
  void add(const std::vector<ObjectNames::Span>& spans, std::string piece) {
    cache::Index* index = added_.mutable_index();
    const auto number = static_cast<uint32_t>(added_.piece_size());
    for (const ObjectNames::Span& span : spans) {
      index->add_start(span.begin);
      index->add_length(span.end - span.begin);
      index->add_piece(number);
    }
    index->add_bytes(static_cast<uint32_t>(piece.size()));
    index->add_sum(static_cast<uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(piece.data()), piece.size())));
    size_ += piece.size();
    added_.add_piece(std::move(piece));
  }
  // False if there was not time for the whole unit.
  bool add_unit(ObjectNames* names, size_t number, DwarfUnits::TimePoint until) {
    PieceWriter writer;
    const auto add_answer = [&](uint64_t begin, const std::vector<Frame>& frames) {
      writer.add(begin, frames);
    };
    const auto spans = names->unit(number, until, add_answer);
    if (!spans.empty()) add(spans, writer.take());
    return !spans.empty();
  }
  size_t size() const { return size_; }
  std::string bytes() const { return added_.SerializeAsString(); }

 private:
  cache::Added added_;
  size_t size_ = 0;
};

KeptNames::KeptNames(const ElfFile& file, FileSource* files) : file_(file), files_(files) {
  // A part of an object, taken from its process's memory, is no file that comes again.
  if (file.build_id().empty() || file.is_partial()) return;
  const RecalledFile recalled = files->recall(file.path(), file.build_id());
  are_kept_ = recalled.are_kept;
  comes_again_ = recalled.is_settled || recalled.fd >= 0;
  kept_.open(recalled);
}

std::vector<Frame> KeptNames::find(uint64_t file_offset) {
  const auto address = file_.address_of_offset(file_offset);
  if (address) {
    std::vector<Frame> frames = kept_.find(*address);
    if (!frames.empty()) return frames;
    if (are_kept_) missed_.insert(*address);
  }
  return names().find(file_offset);
}

ObjectNames& KeptNames::names() {
  if (names_ == nullptr) names_ = std::make_unique<ObjectNames>(file_);
  return *names_;
}

void KeptNames::keep(std::chrono::steady_clock::time_point deadline) {
  const std::set<uint64_t> missed = std::exchange(missed_, {});
  // What is lost is said each time, so such an object is read each time.
  if (missed.empty() || !file_.losses().empty()) return;
  Addition addition;
  const auto has_room = [&] {
    return addition.size() < kMostBytes && std::chrono::steady_clock::now() < deadline;
  };
  std::vector<ObjectNames::Span> alone;
  PieceWriter writer;
  for (const uint64_t address : missed) {
    const auto unit = names_->unit_of(address);
    if (unit && added_units_.contains(*unit)) continue;
    if (unit && has_room() && addition.add_unit(names_.get(), *unit, deadline)) {
      added_units_.insert(*unit);
      continue;
    }
    if (!added_.insert(address).second) continue;
    alone.push_back({address, address + 1});
    writer.add(address, names_->find_address(address));
    writer.add(address + 1, {});
  }
  if (!alone.empty()) addition.add(alone, writer.take());
  const size_t units =
      comes_again_ && names_->unit_count() <= kMostUnits ? names_->unit_count() : 0;
  for (size_t i = 0; i < units && has_room(); i++) {
    if (kept_.size() + addition.size() > kMostFilledBytes) break;
    const auto begin = names_->begin_of_unit(i);
    if (!begin || kept_.covers(*begin) || added_units_.contains(i)) continue;
    if (addition.add_unit(names_.get(), i, deadline)) added_units_.insert(i);
  }
  if (addition.size() > 0) files_->keep(file_.path(), file_.build_id(), addition.bytes());
}

}  // namespace program
