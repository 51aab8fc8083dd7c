#include "encoder/pprof/pprof.h"

#include "encoder/pprof/comments.h"
#include "encoder/pprof/labels.h"
#include "encoder/pprof/live_sums.h"
#include "encoder/pprof/locations.h"
#include "encoder/pprof/mode.h"
#include "encoder/pprof/objects.h"
#include "encoder/pprof/profile_fields.h"
#include "encoder/pprof/samples.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {
namespace {

namespace fields = profile_fields;

constexpr size_t kHeldBack = size_t{512} << 10;  // for mappings, comments and their strings
constexpr const char* kNoMemory = "there is not enough memory to write a profile";

// One encoding, in the order of the file. Strings come last, since all else adds to them.
class Encoding {
 public:
  Encoding(const EncodeInput& input, Arena& arena, Sink sink)
      : input_(input),
        view_(input.view),
        arena_(arena),
        budget_(view_.budget()),
        gzip_(sink),
        out_(gzip_),
        strings_(arena),
        objects_(view_, arena, budget_, &bad_),
        locations_(objects_, arena),
        labels_(view_, strings_, budget_, &bad_),
        live_(arena),
        samples_(view_, mode_, input.filter, locations_, labels_, budget_, &bad_) {}

  // nullptr, or a sentence that says why there is no file.
  const char* run() {
    if (const char* error = open()) return error;
    duration_ns_ = duration_ns();
    write_head();
    if (mode_.live_from < mode_.value_count) live_.read(view_, mode_, budget_, &bad_);
    samples_.write_all(live_, out_);
    arena_.give_back();
    objects_.number_mappings();
    locations_.write_all(strings_, out_);
    objects_.write_mappings(strings_, out_);
    CommentWriter comments(view_, mode_, strings_, out_);
    comments.write_all({samples_.written(),
                        bad_,
                        budget_.exhausted(),
                        duration_ns_,
                        {samples_.allocated(), live_.total()},
                        input_.memory},
                       input_.extra_comments);
    for (uint32_t i = 0; i < strings_.count(); i++)
      out_.bytes(fields::profile::kStringTable, strings_[i]);
    return gzip_.finish() ? nullptr : "the profile could not be written";
  }

  void tell(Result* out) const {
    out->samples = samples_.written();
    out->bytes = gzip_.compressed_bytes();
    out->addresses = locations_.address_count();
    out->skipped = bad_;
  }

 private:
  const char* open() {
    if (!gzip_.open(arena_) || !strings_.open()) return kNoMemory;
    if (const char* error = mode_.read(view_, input_.mode_index, strings_)) return error;
    if (!locations_.open(view_.used_bytes()) || !labels_.open(arena_, *mode_.source) ||
        !samples_.open(arena_))
      return kNoMemory;
    arena_.hold_back(kHeldBack);
    return objects_.open() ? nullptr : kNoMemory;
  }

  void write_value_type(uint32_t field, uint32_t type, uint32_t unit) {
    SmallMessage<32> message;
    message.varint(fields::value_type::kType, type);
    message.varint(fields::value_type::kUnit, unit);
    out_.message(field, message);
  }

  void write_head() {
    namespace profile = fields::profile;
    for (unsigned i = 0; i < mode_.value_count; i++)
      write_value_type(profile::kSampleType, mode_.types[i], mode_.units[i]);
    out_.varint(profile::kDefaultSampleType, mode_.types[mode_.default_value]);
    write_value_type(profile::kPeriodType, mode_.period_type, mode_.period_unit);
    out_.varint(profile::kPeriod, mode_.period);
    const uint64_t start = input_.window_realtime_ns != 0 ? input_.window_realtime_ns
                                                          : view_.header().start_realtime_ns;
    out_.varint(profile::kTimeNanos, start <= INT64_MAX ? start : 0);
    out_.varint(profile::kDurationNanos, duration_ns_);
  }

  uint64_t duration_ns() const {
    if (input_.window_ns != 0) return input_.window_ns <= INT64_MAX ? input_.window_ns : 0;
    const layout::Header& header = view_.header();
    uint64_t end = header.end_monotonic_ns.load(std::memory_order_relaxed);
    if (end == 0) end = input_.end_monotonic_ns;
    const uint64_t before = header.control.recorded_ns.load(std::memory_order_relaxed);
    uint64_t start = header.control.recording_since_ns.load(std::memory_order_relaxed);
    if (start == 0 && before != 0) return before <= INT64_MAX ? before : 0;
    if (start == 0) start = header.start_monotonic_ns;
    return end > start && end - start + before <= INT64_MAX ? end - start + before : 0;
  }

  const EncodeInput& input_;
  const TablesView& view_;
  Arena& arena_;
  Budget budget_;
  uint64_t bad_ = 0;
  uint64_t duration_ns_ = 0;
  Mode mode_;
  Gzip gzip_;
  MessageStream out_;
  StringTable strings_;
  ObjectTable objects_;
  LocationTable locations_;
  LabelWriter labels_;
  LiveSums live_;
  SampleWriter samples_;
};

}  // namespace

bool encode_profile(const EncodeInput& input, Arena& arena, Sink sink, Result* out) {
  *out = {};
  Encoding encoding(input, arena, sink);
  out->error = encoding.run();
  encoding.tell(out);
  return out->error == nullptr;
}

}  // namespace encoder
