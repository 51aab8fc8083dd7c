// What only the profiles of the heap have among their comments.
#pragma once

#include <string_view>

#include "encoder/pprof/memory_facts.h"
#include "encoder/pprof/mode.h"
#include "encoder/pprof/standard_error.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {

// Begins the comment that much memory came from no malloc: the program of names then looks for an
// allocator inside the program.
inline constexpr std::string_view kMemoryNotSeen = "not seen: ";

class HeapCommentWriter {
 public:
  HeapCommentWriter(const Mode& mode, StringTable& strings, MessageStream& out)
      : mode_(mode), strings_(strings), out_(out) {}

  // Nothing for a mode without live blocks. `memory` may be null.
  void write_all(const HeapTotals& totals, const MemoryFacts* memory);

 private:
  void write_standard_error(const HeapTotals& totals);
  void write_nothing_in_use(const HeapTotals& totals);
  void add_error(unsigned value, double total, double variance);
  void write_memory(const MemoryFacts& memory, double live_bytes);
  void write_not_seen(uint64_t bytes, uint64_t seen, uint64_t resident);
  void write_allocator(const AllocatorFacts& allocator);
  void add_term(const char* what, uint64_t bytes);
  void add_mib(uint64_t bytes);
  void end();  // writes the comment that the string table has been given

  const Mode& mode_;
  StringTable& strings_;
  MessageStream& out_;
};

}  // namespace encoder
