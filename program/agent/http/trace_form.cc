#include "program/agent/http/trace_form.h"

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "program/report/trace_waits.h"
#include "program/report/waits_json.h"
#include "program/system/base64.h"

namespace program {
namespace {

using nlohmann::json;

constexpr size_t kMostWaits = 200;
constexpr size_t kPiece = 48 << 10;  // a multiple of three: only the last piece is padded

class TraceForm : public SharedText {
 public:
  TraceForm(std::string head, std::string bytes)
      : head_(std::move(head)), bytes_(std::move(bytes)) {}

  bool part(size_t number, std::string* text) const override {
    if (block(head_, number, text)) return true;
    const size_t at = (number - block_count(head_)) * kPiece;
    if (at > bytes_.size()) return false;
    *text += base64(std::string_view(bytes_).substr(at, kPiece));
    if (at + kPiece > bytes_.size()) *text += "\"}";
    return true;
  }
  size_t held_bytes() const override { return head_.size() + bytes_.size(); }

 private:
  const std::string head_, bytes_;
};

}  // namespace

std::unique_ptr<const SharedText> trace_form(std::string bytes, uint64_t end_ns, double seconds) {
  google::protobuf::io::ArrayInputStream packed(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::GzipInputStream input(&packed);
  TraceWaits waits;
  if (!longest_waits(&input, end_ns, kMostWaits, &waits)) return nullptr;
  const json all = {
      {"waits", waits_json(waits, end_ns)}, {"count", waits.count}, {"seconds", seconds}};
  std::string head = all.dump(-1, ' ', false, json::error_handler_t::replace);
  head.back() = ',';  // the object goes on
  head += "\"file\":\"";
  return std::make_unique<TraceForm>(std::move(head), std::move(bytes));
}

}  // namespace program
