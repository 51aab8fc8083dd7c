#include "encoder/wire/gzip.h"

#include <cstring>

namespace encoder {
namespace {

constexpr int kLevel = 1;             // as Go writes its profiles
constexpr int kGzipWindow = 15 + 16;  // the largest window, in a gzip wrapper
constexpr int kDefaultMemory = 8;

voidpf from_arena(voidpf arena, uInt count, uInt size) {
  return static_cast<Arena*>(arena)->allocate(size_t{count} * size);
}

void back_to_arena(voidpf, voidpf) {}  // the arena goes as a whole

}  // namespace

bool Gzip::open(Arena& arena) {
  input_ = arena.array<unsigned char>(kBufferSize);
  output_ = arena.array<unsigned char>(kBufferSize);
  stream_.zalloc = from_arena;
  stream_.zfree = back_to_arena;
  stream_.opaque = &arena;
  return input_ != nullptr && output_ != nullptr &&
         deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kDefaultMemory,
                      Z_DEFAULT_STRATEGY) == Z_OK;
}

void Gzip::write(const void* bytes, size_t size_bytes) {
  const auto* from = static_cast<const unsigned char*>(bytes);
  while (size_bytes > 0 && !failed_) {
    if (input_size_ == kBufferSize) deflate_input(Z_NO_FLUSH);
    const size_t room = kBufferSize - input_size_;
    const size_t n = size_bytes < room ? size_bytes : room;
    std::memcpy(input_ + input_size_, from, n);
    input_size_ += n;
    from += n;
    size_bytes -= n;
  }
}

bool Gzip::finish() {
  deflate_input(Z_FINISH);
  deflateEnd(&stream_);
  return !failed_;
}

void Gzip::deflate_input(int flush) {
  stream_.next_in = input_;
  stream_.avail_in = static_cast<uInt>(input_size_);
  input_size_ = 0;
  // deflate is done with the input when it leaves room in the output.
  do {
    stream_.next_out = output_;
    stream_.avail_out = kBufferSize;
    if (failed_ || deflate(&stream_, flush) == Z_STREAM_ERROR) {
      failed_ = true;
      return;
    }
    const size_t size = kBufferSize - stream_.avail_out;
    compressed_ += size;
    if (size > 0 && !sink_.write(sink_.context, output_, size)) failed_ = true;
  } while (stream_.avail_out == 0);
}

}  // namespace encoder
