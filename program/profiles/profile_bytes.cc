#include "program/profiles/profile_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/gzip_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstring>

#include "program/profiles/profile_file.h"

namespace program {

namespace {

constexpr size_t kMostBytes = size_t{256} << 20;

}  // namespace

bool parse_profile(const std::string& bytes, Profile* profile) {
  std::string unpacked, error;
  return unpack(bytes, &unpacked) && parse_unpacked(unpacked, profile, &error);
}

bool unpack(const std::string& bytes, std::string* unpacked) {
  namespace io = google::protobuf::io;
  io::ArrayInputStream packed(bytes.data(), static_cast<int>(bytes.size()));
  io::GzipInputStream input(&packed);
  // The end of a gzip file says how long it is unpacked: a string that doubles takes twice as much.
  if (bytes.size() > 4) {
    uint32_t size = 0;
    memcpy(&size, bytes.data() + bytes.size() - 4, sizeof size);
    unpacked->reserve(std::min<size_t>(size, 64 * bytes.size()));
  }
  const void* block;
  for (int size; input.Next(&block, &size);) {
    unpacked->append(static_cast<const char*>(block), static_cast<size_t>(size));
    if (unpacked->size() > kMostBytes) return false;
  }
  return true;
}

std::string pack(const std::string& unpacked, int level) {
  namespace io = google::protobuf::io;
  std::string bytes;
  {
    io::StringOutputStream packed(&bytes);
    io::GzipOutputStream::Options options;
    options.compression_level = level;
    io::GzipOutputStream output(&packed, options);
    io::CodedOutputStream(&output).WriteString(unpacked);
  }
  return bytes;
}

std::string pack_profile(const Profile& profile) {
  return pack(profile.SerializeAsString());
}

}  // namespace program
