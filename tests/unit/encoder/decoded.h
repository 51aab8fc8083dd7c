// Encodes tables and reads the file back by other means than it was written: zlib and libprotobuf.
#pragma once

#include <zlib.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "encoder/encode.h"
#include "encoder/profile.pb.h"
#include "tests/unit/encoder/fake_tables.h"

// Blocks of the test's own allocator; they go when it goes.
class TestBlocks {
 public:
  encoder::BlockSource source() { return {&TestBlocks::more, this}; }

 private:
  static void* more(void* self, size_t size) {
    auto& blocks = static_cast<TestBlocks*>(self)->blocks_;
    blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
    return blocks.back().get();
  }
  std::vector<std::unique_ptr<char[]>> blocks_;
};

inline encoder::Sink sink_into(std::string* to) {
  return {[](void* context, const void* bytes, size_t size) {
            static_cast<std::string*>(context)->append(static_cast<const char*>(bytes), size);
            return true;
          },
          to};
}

inline std::string gunzipped(const std::string& bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::vector<char> buffer(1 << 16);
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) throw std::runtime_error("not one whole gzip member");
  return out;
}

struct Encoded {
  bool ok = false;
  encoder::Result result;
  std::string file;
  size_t memory = 0;
};

inline Encoded encoded(const void* tables, size_t size, unsigned mode = 0,
                       size_t arena_limit = encoder::kUsualArena, std::string_view extra = {},
                       const encoder::MemoryFacts* memory = nullptr) {
  Encoded out;
  encoder::EncodeInput input;
  if (!input.view.open(tables, size, &out.result.error)) return out;
  input.mode_index = mode;
  input.end_monotonic_ns = 3000005000;
  input.extra_comments = extra;
  input.memory = memory;
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), arena_limit);
  out.ok = encoder::encode(input, arena, sink_into(&out.file), &out.result);
  out.memory = arena.taken_bytes();
  return out;
}

inline perftools::profiles::Profile parsed(const std::string& file) {
  perftools::profiles::Profile profile;
  if (!profile.ParseFromString(gunzipped(file))) throw std::runtime_error("libprotobuf refused it");
  return profile;
}

// A profile with its strings at hand.
class Decoded {
 public:
  explicit Decoded(FakeTables& tables, unsigned mode = 0, std::string_view extra = {},
                   size_t arena_limit = encoder::kUsualArena) {
    const Encoded e = encoded(tables.data(), tables.size_bytes(), mode, arena_limit, extra);
    if (!e.ok) throw std::runtime_error(e.result.error);
    result = e.result;
    profile = parsed(e.file);
  }
  Decoded(FakeTables& tables, unsigned mode, const encoder::MemoryFacts& memory) {
    const Encoded e =
        encoded(tables.data(), tables.size_bytes(), mode, encoder::kUsualArena, {}, &memory);
    if (!e.ok) throw std::runtime_error(e.result.error);
    result = e.result;
    profile = parsed(e.file);
  }

  const std::string& text(int64_t index) const {
    return profile.string_table(static_cast<int>(index));
  }
  const perftools::profiles::Mapping& mapping(uint64_t id) const {
    for (const auto& m : profile.mapping())
      if (m.id() == id) return m;
    throw std::runtime_error("no such mapping");
  }

  // A sample as "frame;frame;..." from the leaf: names, or else addresses in hexadecimal.
  std::string frames(const perftools::profiles::Sample& sample) const {
    std::string out;
    for (uint64_t id : sample.location_id()) out += (out.empty() ? "" : ";") + frame(id);
    return out;
  }
  // The values of the samples with these frames, added up: {} if there is none.
  std::vector<int64_t> values(const std::string& wanted) const {
    std::vector<int64_t> sum;
    for (const auto& sample : profile.sample()) {
      if (frames(sample) != wanted) continue;
      sum.resize(static_cast<size_t>(sample.value_size()));
      for (int i = 0; i < sample.value_size(); i++) sum[static_cast<size_t>(i)] += sample.value(i);
    }
    return sum;
  }
  // "key=text" or "key=number unit", comma between.
  std::string labels(int sample = 0) const {
    std::string out;
    for (const auto& l : profile.sample(sample).label())
      out += (out.empty() ? "" : ",") + text(l.key()) + "=" +
             (l.str() != 0 ? text(l.str()) : std::to_string(l.num()) + " " + text(l.num_unit()));
    return out;
  }
  // What is behind "key: " in the comments, or "-"; whether pprof shows it or, for a '#' in front,
  // keeps it for -comments.
  std::string comment(const std::string& key) const {
    for (int64_t index : profile.comment()) {
      const std::string shown = without_mark(text(index));
      if (shown.rfind(key + ": ", 0) == 0) return shown.substr(key.size() + 2);
    }
    return "-";
  }
  bool has_comment(const std::string& whole) const {
    for (int64_t index : profile.comment())
      if (without_mark(text(index)) == whole) return true;
    return false;
  }
  // The comments that stand above every report.
  std::vector<std::string> shown_comments() const {
    std::vector<std::string> shown;
    for (int64_t index : profile.comment())
      if (text(index)[0] != '#') shown.push_back(text(index));
    return shown;
  }
  static std::string without_mark(const std::string& comment) {
    return comment.rfind("# ", 0) == 0 ? comment.substr(2) : comment;
  }

  encoder::Result result;
  perftools::profiles::Profile profile;

 private:
  std::string frame(uint64_t id) const {
    for (const auto& l : profile.location()) {
      if (l.id() != id) continue;
      for (const auto& f : profile.function())
        if (l.line_size() > 0 && f.id() == l.line(0).function_id()) return text(f.name());
      char address[20];
      std::snprintf(address, sizeof address, "%llx", static_cast<unsigned long long>(l.address()));
      return address;
    }
    return "?";
  }
};
