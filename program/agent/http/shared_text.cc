#include "program/agent/http/shared_text.h"

namespace program {
namespace {

constexpr size_t kBlock = 16 << 10;

class PlainText : public SharedText {
 public:
  explicit PlainText(std::string bytes) : bytes_(std::move(bytes)) {}

  bool part(size_t number, std::string* text) const override { return block(bytes_, number, text); }
  uint64_t size() const override { return bytes_.size(); }
  size_t held_bytes() const override { return bytes_.capacity(); }

 private:
  const std::string bytes_;
};

}  // namespace

Text in_place(std::unique_ptr<const SharedText> text, std::unique_ptr<AnswerRoom::Place> place) {
  place->keep(text->held_bytes());
  // The place is given back when the memory is free: the text goes first.
  std::shared_ptr<AnswerRoom::Place> kept = std::move(place);
  return {text.release(), [kept = std::move(kept)](const SharedText* sent) mutable {
            delete sent;
            kept.reset();
          }};
}

std::unique_ptr<const SharedText> plain_text(std::string bytes) {
  return std::make_unique<PlainText>(std::move(bytes));
}

bool block(const std::string& bytes, size_t number, std::string* text) {
  if (number >= block_count(bytes)) return false;
  text->append(bytes, number * kBlock, kBlock);
  return true;
}

size_t block_count(const std::string& bytes) {
  return (bytes.size() + kBlock - 1) / kBlock;
}

}  // namespace program
