// The text of an answer, made once and read by several clients, each at its own pace. A long text
// is never whole in memory: its parts are made as they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "program/agent/http/answer_room.h"

namespace program {

// Immutable. Context: any thread.
class SharedText {
 public:
  SharedText() = default;
  virtual ~SharedText() = default;
  SharedText(const SharedText&) = delete;
  SharedText& operator=(const SharedText&) = delete;

  // Appends the part of that number; false behind the last one.
  virtual bool part(size_t number, std::string* text) const = 0;
  // Of the whole text, where it is known.
  virtual uint64_t size() const { return UINT64_MAX; }
  virtual size_t held_bytes() const = 0;
};

using Text = std::shared_ptr<const SharedText>;

// The text keeps what it needs of the place until the last reader is done.
Text in_place(std::unique_ptr<const SharedText> text, std::unique_ptr<AnswerRoom::Place> place);

// Bytes that are sent as they are.
std::unique_ptr<const SharedText> plain_text(std::string bytes);

// Part `number` of bytes that are sent in blocks, and the count of their parts.
bool block(const std::string& bytes, size_t number, std::string* text);
size_t block_count(const std::string& bytes);

}  // namespace program
