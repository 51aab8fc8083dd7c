#include "program/symbols/kept_answers.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>

namespace program {
namespace {

constexpr size_t kMostPieceBytes = 16 << 20;
constexpr unsigned kMostInlined = 200;

uint32_t sum_of(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <typename Numbers>
uint32_t number_of(Numbers* all, const typename Numbers::key_type& key, bool* is_new) {
  const auto [at, added] = all->try_emplace(key, static_cast<uint32_t>(all->size()));
  *is_new = added;
  return at->second;
}

bool is_sound(const cache::Answers& piece) {
  const int texts = piece.text_size(), functions = piece.name_size(), frames = piece.line_size();
  const auto are_below = [](const auto& numbers, int most) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [&](uint32_t number) { return number < static_cast<uint32_t>(most); });
  };
  return piece.system_name_size() == functions && piece.file_size() == functions &&
         piece.start_line_size() == functions && piece.function_size() == frames &&
         piece.caller_size() == frames && piece.distance_size() == piece.frame_size() &&
         are_below(piece.name(), texts) && are_below(piece.system_name(), texts) &&
         are_below(piece.file(), texts) && are_below(piece.function(), functions) &&
         are_below(piece.caller(), frames + 1) && are_below(piece.frame(), frames + 1);
}

}  // namespace

uint32_t PieceWriter::text(const std::string& text) {
  bool is_new = false;
  const uint32_t number = number_of(&texts_, text, &is_new);
  if (is_new) piece_.add_text(text);
  return number;
}

uint32_t PieceWriter::function(const Frame& frame) {
  const std::tuple key(text(frame.name), text(frame.system_name), text(frame.file),
                       frame.start_line);
  bool is_new = false;
  const uint32_t number = number_of(&functions_, key, &is_new);
  if (!is_new) return number;
  piece_.add_name(std::get<0>(key));
  piece_.add_system_name(std::get<1>(key));
  piece_.add_file(std::get<2>(key));
  piece_.add_start_line(frame.start_line);
  return number;
}

void PieceWriter::add(uint64_t begin, const std::vector<Frame>& frames) {
  uint32_t inner = 0;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    const std::tuple key(function(*frame), frame->line, inner);
    bool is_new = false;
    const uint32_t number = number_of(&frames_, key, &is_new);
    if (is_new) {
      piece_.add_function(std::get<0>(key));
      piece_.add_line(frame->line);
      piece_.add_caller(inner);
    }
    inner = number + 1;
  }
  if (piece_.frame_size() > 0 && inner == last_frame_) return;
  piece_.add_distance(begin - last_begin_);
  piece_.add_frame(inner);
  last_begin_ = begin;
  last_frame_ = inner;
}

std::string PieceWriter::take() {
  return piece_.SerializeAsString();
}

KeptAnswers::~KeptAnswers() {
  if (fd_ >= 0) close(fd_);
}

void KeptAnswers::open(const RecalledFile& file) {
  fd_ = file.fd;
  cache::Index index;
  if (fd_ < 0 || !index.ParseFromString(file.index)) return;
  const int spans = index.start_size(), pieces = index.bytes_size();
  if (index.length_size() != spans || index.piece_size() != spans) return;
  if (index.sum_size() != pieces) return;
  uint64_t offset = file.offset;
  for (int i = 0; i < pieces; i++) {
    Piece& piece = all_.emplace_back();
    piece.offset = static_cast<off_t>(offset);
    piece.size = index.bytes(i);
    piece.sum = index.sum(i);
    offset += piece.size;
    size_ += piece.size;
  }
  for (int i = 0; i < spans; i++) {
    if (index.piece(i) >= all_.size()) continue;
    pieces_.add(index.start(i), index.start(i) + index.length(i), index.piece(i));
  }
  pieces_.sort();
}

void KeptAnswers::read(Piece* piece) const {
  piece->is_read = true;
  if (piece->size > kMostPieceBytes) return;
  std::string bytes(piece->size, '\0');
  const ssize_t n = pread(fd_, bytes.data(), bytes.size(), piece->offset);
  if (n != static_cast<ssize_t>(bytes.size()) || sum_of(bytes) != piece->sum) return;
  if (!piece->answers.ParseFromString(bytes) || !is_sound(piece->answers)) return;
  uint64_t begin = 0;
  for (const uint64_t distance : piece->answers.distance()) {
    begin += distance;
    piece->begins.push_back(begin);
  }
}

std::vector<Frame> KeptAnswers::find(uint64_t address) {
  std::vector<Frame> frames;
  const auto* entry = pieces_.find(address);
  if (entry == nullptr) return frames;
  Piece& piece = all_[entry->value];
  if (!piece.is_read) read(&piece);
  const auto next = std::upper_bound(piece.begins.begin(), piece.begins.end(), address);
  if (next == piece.begins.begin()) return frames;
  const cache::Answers& answers = piece.answers;
  uint32_t frame = answers.frame(static_cast<int>(next - piece.begins.begin()) - 1);
  while (frame != 0 && frames.size() < kMostInlined) {
    const int number = static_cast<int>(frame - 1);
    const int function = static_cast<int>(answers.function(number));
    const auto text = [&](uint32_t which) { return answers.text(static_cast<int>(which)); };
    frames.push_back({text(answers.name(function)), text(answers.system_name(function)),
                      text(answers.file(function)), answers.line(number),
                      answers.start_line(function)});
    frame = answers.caller(number);
  }
  return frames;
}

}  // namespace program
