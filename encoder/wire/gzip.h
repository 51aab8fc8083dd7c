// A stream of gzip'd bytes into a sink. zlib lives on the arena; nothing of libc's allocator is
// used.
#pragma once

#include <zlib.h>
#include <cstddef>
#include <cstdint>

#include "encoder/wire/arena.h"

namespace encoder {

// Where the finished bytes go. write returns false to stop: the rest is then not written.
struct Sink {
  bool (*write)(void* context, const void* bytes, size_t size_bytes);
  void* context;
};

class Gzip {
 public:
  explicit Gzip(Sink sink) : sink_(sink) {}
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // False without memory. All memory is taken here.
  bool open(Arena& arena);
  void write(const void* bytes, size_t size_bytes);
  // True if every byte went into the sink. Nothing may be written after it.
  bool finish();

  uint64_t compressed_bytes() const { return compressed_; }

 private:
  static constexpr size_t kBufferSize = size_t{32} << 10;

  void deflate_input(int flush);

  Sink sink_;
  z_stream stream_ = {};
  unsigned char* input_ = nullptr;  // gathers small writes: a call of deflate is not free
  unsigned char* output_ = nullptr;
  size_t input_size_ = 0;
  uint64_t compressed_ = 0;
  bool failed_ = false;
};

}  // namespace encoder
