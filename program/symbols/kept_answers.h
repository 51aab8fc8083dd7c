// Answers about one object in the form of the cache: a piece holds those of one unit of DWARF.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "encoder/names_cache.pb.h"
#include "program/profiles/frame.h"
#include "program/symbols/interval_table.h"
#include "program/system/file_source.h"

namespace program {

class PieceWriter {
 public:
  // Answers from this address to that of the next call; no frames: none is known. Addresses rise.
  void add(uint64_t begin, const std::vector<Frame>& frames);
  std::string take();

 private:
  uint32_t text(const std::string& text);
  uint32_t function(const Frame& frame);

  cache::Answers piece_;
  uint64_t last_begin_ = 0;
  uint32_t last_frame_ = 0;
  std::unordered_map<std::string, uint32_t> texts_;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, int64_t>, uint32_t> functions_;
  std::map<std::tuple<uint32_t, int64_t, uint32_t>, uint32_t> frames_;
};

// The pieces that are in the cache. One is read when an address falls into it; a damaged one has no
// answers.
class KeptAnswers {
 public:
  KeptAnswers() = default;
  ~KeptAnswers();
  KeptAnswers(const KeptAnswers&) = delete;
  KeptAnswers& operator=(const KeptAnswers&) = delete;

  // Takes the descriptor.
  void open(const RecalledFile& file);

  bool covers(uint64_t address) const { return pieces_.find(address) != nullptr; }
  size_t size() const { return size_; }  // bytes of all pieces
  // Empty if there is no answer.
  std::vector<Frame> find(uint64_t address);

 private:
  struct Piece {
    off_t offset;
    size_t size;
    uint32_t sum;
    bool is_read = false;
    cache::Answers answers;
    std::vector<uint64_t> begins;
  };
  void read(Piece* piece) const;

  int fd_ = -1;
  IntervalTable<uint32_t> pieces_;
  std::vector<Piece> all_;
  size_t size_ = 0;
};

}  // namespace program
