#include "program/agent/http/trace_form.h"

#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "program/report/trace_waits.h"

namespace program {
namespace {

using nlohmann::json;

constexpr size_t kMostWaits = 200;
constexpr size_t kPiece = 48 << 10;  // a multiple of three: only the last piece is padded

double seconds_of(uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

json json_of(const TraceWait& wait, uint64_t end_ns) {
  json stack = json::array();
  for (const auto& function : wait.stack) stack.push_back({function.name, function.place});
  return {{"thread", wait.thread},
          {"tid", wait.tid},
          {"category", wait.category},
          {"kind", wait.kind},
          {"before_end", seconds_of(end_ns - std::min(end_ns, wait.begin_ns))},
          {"seconds", seconds_of(wait.length_ns)},
          {"open", wait.is_open},
          {"stack", stack}};
}

std::string base64(std::string_view bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t three = 0;
    for (size_t k = 0; k < 3; k++) {
      three = three << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; k++) text += k <= left ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

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
  json list = json::array();
  for (const TraceWait& wait : waits.longest) list.push_back(json_of(wait, end_ns));
  const json all = {{"waits", list}, {"count", waits.count}, {"seconds", seconds}};
  std::string head = all.dump(-1, ' ', false, json::error_handler_t::replace);
  head.back() = ',';  // the object goes on
  head += "\"file\":\"";
  return std::make_unique<TraceForm>(std::move(head), std::move(bytes));
}

}  // namespace program
