#include "encoder/heap_comments.h"

#include "encoder/profile_fields.h"
#include "encoder/samples.h"

namespace encoder {

void HeapCommentWriter::write_all(const HeapTotals& totals) {
  // The allocated objects and bytes, then the live ones: which only heap and allocs have.
  if (mode_.live_from != 2 || mode_.value_count != 4) return;
  write_standard_error(totals);
}

void HeapCommentWriter::write_standard_error(const HeapTotals& totals) {
  strings_.start().add("# standard error: ");
  if (mode_.period <= 1) {
    strings_.add("0, every allocation is recorded");
    return end();
  }
  const Estimate& allocated = totals.allocated;
  const Estimate& live = totals.live;
  add_error(0, allocated.objects, allocated.objects_variance);
  add_error(1, allocated.bytes, allocated.bytes_variance);
  add_error(2, live.objects, live.objects_variance);
  add_error(3, live.bytes, live.bytes_variance);
  end();
}

// As in "inuse_space 4711 bytes (2.3 %)".
void HeapCommentWriter::add_error(unsigned value, double total, double variance) {
  const double error = square_root(variance);
  if (value > 0) strings_.add(", ");
  strings_.add(strings_[mode_.types[value]]).add(" ");
  strings_.add_number(static_cast<uint64_t>(rounded(error)));
  if (strings_[mode_.units[value]] == "bytes") strings_.add(" bytes");
  if (!(total > 0)) return;
  const auto tenths = static_cast<uint64_t>(rounded(1000 * error / total));
  strings_.add(" (").add_number(tenths / 10).add(".").add_number(tenths % 10).add(" %)");
}

void HeapCommentWriter::end() {
  out_.varint(profile_fields::profile::kComment, strings_.finish_as_line());
}

}  // namespace encoder
