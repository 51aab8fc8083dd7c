#include "program/agent/push/pusher.h"

#include "program/agent/push/push_labels.h"
#include "program/agent/target/tables_reading.h"
#include "program/agent/target/target_files.h"
#include "program/profiles/profile_bytes.h"

namespace program {
namespace {

bool is_for_fleet(const std::string& mode) {
  return is_window(mode) || has_delta(mode) || mode == "threads";
}

std::string session_of(const TargetTables& tables) {
  uint64_t mixed =
      tables.header().start_realtime_ns ^ static_cast<uint64_t>(tables.pid()) * 0x9e3779b97f4a7c15u;
  char text[20];
  snprintf(text, sizeof text, "%016lx", mixed);
  return text;
}

}  // namespace

Pusher::Pusher(TargetTables& tables, NamingService* names, PushQueue& queue,
               std::string_view labels, const std::string& program)
    : tables_(tables),
      names_(names),
      queue_(queue),
      name_(push_name(labels, program, session_of(tables))),
      last_ns_(tables.header().start_monotonic_ns),
      last_realtime_ns_(tables.header().start_realtime_ns) {}

void Pusher::push() {
  const uint64_t now_ns = monotonic_ns(), now_realtime_ns = realtime_ns();
  const int heap = tables_.find_mode("heap");
  for (unsigned i = 0; i < tables_.mode_count(); i++) {
    const std::string mode = tables_.mode_name(i);
    if (!tables_.is_wanted(i) || !is_for_fleet(mode)) continue;
    // The same data.
    const bool twice =
        mode == "allocs" && heap >= 0 && tables_.is_wanted(static_cast<unsigned>(heap));
    if (!twice) push_mode(i, now_realtime_ns);
  }
  last_ns_ = now_ns;
  last_realtime_ns_ = now_realtime_ns;
}

void Pusher::push_mode(unsigned mode, uint64_t now_realtime_ns) {
  Upload upload;
  RowValues now;
  TablesReading look;
  look.mode = mode;
  upload.mode = tables_.mode_name(mode);
  look.since = is_window(upload.mode)
                   ? Since::kReadAll
                   : (has_delta(upload.mode) ? Since::kReadCounts : Since::kStart);
  look.before = &last_[mode];
  look.now = &now;
  look.fallen = Fallen::kLater;  // a store adds up, and leaves out what is negative
  look.begun_ns = last_ns_;
  std::string problem;
  if (!take(tables_, look, &upload.profile, &problem)) return;
  Profile profile;
  last_[mode] = std::move(now);
  if (!parse_profile(upload.profile, &profile) || profile.sample().empty()) return;
  if (make_label_keys_plain(&profile)) upload.profile = pack_profile(profile);
  if (names_ != nullptr) upload.profile = names_->with_names(upload.profile);
  upload.name = name_;
  upload.from_ns = last_realtime_ns_;
  upload.until_ns = now_realtime_ns;
  queue_.add(std::move(upload));
}

}  // namespace program
