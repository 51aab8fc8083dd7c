#include "program/agent/target/tables_reading.h"
#include "program/profiles/distinct_files.h"

#include <algorithm>
#include <optional>
#include <semaphore>

#include "encoder/encode.h"
#include "program/agent/target/asked_call.h"
#include "program/agent/target/thread_snapshot_profile.h"
#include "program/profiles/arena_blocks.h"

namespace program {
namespace {

constexpr size_t kLeastBytes = 1 << 20;

// Each takes memory in proportion to its tables.
std::counting_semaphore<2> encodings(2);

class Turn {
 public:
  Turn() { encodings.acquire(); }
  ~Turn() { encodings.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
};

bool append(void* to, const void* bytes, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return true;
}
bool drop(void*, const void*, size_t) {
  return true;
}

bool encode(const TargetTables& tables, encoder::EncodeInput& input, encoder::Sink sink,
            std::string* problem) {
  const Turn turn;
  input.view = tables.view();
  ArenaBlocks blocks;
  encoder::Arena arena(blocks.source(), std::max(encoder::kUsualArena, input.view.used_bytes()));
  encoder::Result result;
  const bool done = encoder::encode(input, arena, sink, &result);
  if (!done) *problem = result.error;
  return done;
}

}  // namespace

size_t encoding_bytes(const TargetTables& tables) {
  return kLeastBytes + tables.view().used_bytes() / 2;
}

bool take(const TargetTables& tables, const TablesReading& look, std::string* bytes,
          std::string* problem) {
  const layout::ModeEntry& mode = tables.header().modes[look.mode];
  if (look.asks && mode.armed.load() != 0 && tables.mode_name(look.mode) == "wall") {
    record_times(tables);
  }
  const unsigned counted = mode.live_from;
  const unsigned subtracted = look.since == Since::kReadCounts ? counted : layout::kMaxValues;
  Difference difference(look.since == Since::kStart ? nullptr : look.before, look.now, subtracted,
                        look.fallen);
  encoder::EncodeInput input;
  input.mode_index = look.mode;
  input.end_monotonic_ns = monotonic_ns();
  if (look.ended_ns != nullptr) *look.ended_ns = input.end_monotonic_ns;
  const std::string values = std::string("# values: ") + kDifference + "\n";
  const std::string comments = look.comments + (look.since == Since::kReadAll ? values : "");
  input.extra_comments = comments;
  input.filter = difference.filter();
  if (look.since != Since::kStart && look.begun_ns == UINT64_MAX) {
    input.window_realtime_ns = realtime_ns();
    input.end_monotonic_ns = 0;
  } else if (look.since != Since::kStart && input.end_monotonic_ns > look.begun_ns) {
    input.window_ns = input.end_monotonic_ns - look.begun_ns;
    input.window_realtime_ns = realtime_ns() - (look.tells_end ? 0 : input.window_ns);
  }
  if (look.since != Since::kStart) input.since_monotonic_ns = look.begun_ns;
  bytes->clear();
  const auto encode_now = [&] {
    const bool done = encode(tables, input, {append, bytes}, problem);
    if (look.now != nullptr) look.now->settle();
    return done;
  };
  if (tables.mode_name(look.mode) != "threads") return encode_now();
  const ThreadSnapshot call(tables, look.mode);
  input.end_monotonic_ns = monotonic_ns();
  if (!encode_now()) return false;
  if (look.since == Since::kStart) call.complete(bytes);
  return true;
}

bool remember(const TargetTables& tables, unsigned mode, RowValues* now) {
  now->clear();
  Difference difference(nullptr, now, 0);
  encoder::EncodeInput input;
  input.mode_index = mode;
  input.filter = difference.filter();
  std::string problem;
  std::optional<ThreadSnapshot> call;
  if (tables.mode_name(mode) == "threads") call.emplace(tables, mode);
  const bool done = encode(tables, input, {drop, nullptr}, &problem);
  now->settle();
  return done;
}

}  // namespace program
