// Memory for the encoder, given back with this.
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "encoder/wire/arena.h"

namespace program {

class ArenaBlocks {
 public:
  encoder::BlockSource source() { return {&ArenaBlocks::more, this}; }

 private:
  static void* more(void* self, size_t size) {
    auto& blocks = static_cast<ArenaBlocks*>(self)->blocks_;
    blocks.emplace_back(new (std::nothrow) char[size]);
    return blocks.back().get();
  }
  std::vector<std::unique_ptr<char[]>> blocks_;
};

}  // namespace program
