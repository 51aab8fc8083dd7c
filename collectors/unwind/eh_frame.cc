#include "collectors/unwind/eh_frame.h"

namespace {

// DW_EH_PE_: how a pointer is written, and what it is relative to.
constexpr uint8_t kAbsolute = 0x00, kUleb = 0x01, kUdata2 = 0x02, kUdata4 = 0x03, kUdata8 = 0x04,
                  kSleb = 0x09, kSdata2 = 0x0a, kSdata4 = 0x0b, kSdata8 = 0x0c;
constexpr uint8_t kPcRelative = 0x10, kOmit = 0xff;
// The one form that linkers write: sorted pairs of 4-byte offsets from the header.
constexpr uint8_t kSortedTable = 0x3b;

// Packed: a mutated header may put them anywhere.
struct __attribute__((packed)) SearchRow {
  int32_t start;  // of the function, from the header
  int32_t entry;  // of its FDE
};

// The record (CIE or FDE) at `address`: a reader over its body, behind the length.
bool open_record(const UnwindTable& table, uint64_t address, ByteReader* body) {
  if (address < table.data_low || address >= table.data_high) return false;
  ByteReader r{reinterpret_cast<const uint8_t*>(address),
               reinterpret_cast<const uint8_t*>(table.data_high)};
  bool is_wide;
  return next_record(r, body, &is_wide);
}

bool read_augmentation(ByteReader& r, const char* letters, UnwindEntry* entry) {
  const uint64_t size = r.uleb();
  if (r.failed || size > static_cast<uint64_t>(r.end - r.at)) return false;
  const uint8_t* end = r.at + size;
  for (; *letters != 0; letters++) {
    uint64_t ignored;
    if (*letters == 'R') {
      entry->address_encoding = r.read<uint8_t>();
    } else if (*letters == 'P') {
      if (!read_encoded(r, r.read<uint8_t>(), &ignored)) return false;
    } else if (*letters == 'L') {
      r.read<uint8_t>();
    } else if (*letters == 'S') {
      entry->is_signal_frame = true;
    } else {
      break;  // an unknown letter: the rest is skipped by its size
    }
  }
  if (r.failed || r.at > end) return false;
  r.at = end;
  return true;
}

bool read_fde(const UnwindTable& table, uint64_t address, UnwindEntry* entry) {
  ByteReader r{nullptr, nullptr};
  if (!open_record(table, address, &r)) return false;
  const uint64_t id_at = reinterpret_cast<uint64_t>(r.at);
  const uint32_t back_to_cie = r.read<uint32_t>();
  ByteReader cie{nullptr, nullptr};
  bool has_augmentation_data;
  if (back_to_cie == 0 || !open_record(table, id_at - back_to_cie, &cie)) return false;
  if (cie.read<uint32_t>() != 0) return false;  // an FDE
  if (!read_cie(cie, entry, &has_augmentation_data)) return false;
  uint64_t size = 0;
  if (!read_encoded(r, entry->address_encoding, &entry->start) ||
      !read_encoded(r, entry->address_encoding & 0x0f, &size)) {
    return false;
  }
  if (has_augmentation_data) r.skip(r.uleb());
  if (r.failed) return false;
  entry->end = entry->start + size;
  entry->program = r.at;
  entry->program_end = r.end;
  return true;
}

// The last row that starts at or before `offset`.
const SearchRow* search(const SearchRow* rows, uint64_t count, int64_t offset) {
  uint64_t low = 0;
  uint64_t high = count;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (rows[middle].start <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? nullptr : rows + low - 1;
}

}  // namespace

uint64_t ByteReader::uleb() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const uint8_t byte = read<uint8_t>();
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  failed = true;
  return 0;
}

int64_t ByteReader::sleb() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const uint8_t byte = read<uint8_t>();
    if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    if ((byte & 0x40) != 0 && shift + 7 < 64) value |= ~uint64_t{0} << (shift + 7);
    return static_cast<int64_t>(value);
  }
  failed = true;
  return 0;
}

bool read_encoded(ByteReader& reader, uint8_t encoding, uint64_t* value) {
  if (encoding == kOmit) return false;
  const uint64_t here = reinterpret_cast<uint64_t>(reader.at);
  switch (encoding & 0x0f) {
    case kAbsolute:
    case kUdata8:
    case kSdata8:
      *value = reader.read<uint64_t>();
      break;
    case kUdata4:
      *value = reader.read<uint32_t>();
      break;
    case kSdata4:
      *value = static_cast<uint64_t>(int64_t{reader.read<int32_t>()});
      break;
    case kUdata2:
      *value = reader.read<uint16_t>();
      break;
    case kSdata2:
      *value = static_cast<uint64_t>(int64_t{reader.read<int16_t>()});
      break;
    case kUleb:
      *value = reader.uleb();
      break;
    case kSleb:
      *value = static_cast<uint64_t>(reader.sleb());
      break;
    default:
      return false;
  }
  // The indirect bit (0x80, personalities) is of no interest here: the size is right all the same.
  const uint8_t base = encoding & 0x70;
  if (base == kPcRelative) *value += here;
  return !reader.failed && (base == 0 || base == kPcRelative);
}

bool next_record(ByteReader& r, ByteReader* body, bool* is_wide) {
  uint64_t length = r.read<uint32_t>();
  *is_wide = length == 0xffffffff;
  if (*is_wide) length = r.read<uint64_t>();
  if (r.failed || length == 0 || length > static_cast<uint64_t>(r.end - r.at)) return false;
  *body = {r.at, r.at + length};
  r.skip(length);
  return true;
}

bool read_cie(ByteReader r, UnwindEntry* entry, bool* has_augmentation_data) {
  const uint8_t version = r.read<uint8_t>();
  if (version != 1 && version != 3 && version != 4) return false;
  const char* letters = reinterpret_cast<const char*>(r.at);
  while (r.read<uint8_t>() != 0) {
  }
  if (r.failed) return false;  // not terminated: nothing of `letters` may be looked at
  if (version == 4 && (r.read<uint8_t>() != 8 || r.read<uint8_t>() != 0)) return false;
  entry->code_align = r.uleb();
  entry->data_align = r.sleb();
  entry->return_register = version == 1 ? r.read<uint8_t>() : r.uleb();
  entry->address_encoding = kAbsolute;
  entry->is_signal_frame = false;
  *has_augmentation_data = letters[0] == 'z';
  if (*has_augmentation_data) {
    if (!read_augmentation(r, letters + 1, entry)) return false;
  } else if (letters[0] != 0) {
    return false;  // "eh" and other forms older than x86-64
  }
  entry->cie_program = r.at;
  entry->cie_program_end = r.end;
  return !r.failed;
}

bool find_unwind_entry(const UnwindTable& table, uint64_t pc, UnwindEntry* entry) {
  ByteReader r{reinterpret_cast<const uint8_t*>(table.header),
               reinterpret_cast<const uint8_t*>(table.data_high)};
  if (table.header < table.data_low || table.header >= table.data_high) return false;
  const uint8_t version = r.read<uint8_t>();
  const uint8_t frame_encoding = r.read<uint8_t>();
  const uint8_t count_encoding = r.read<uint8_t>();
  const uint8_t table_encoding = r.read<uint8_t>();
  uint64_t ignored = 0;
  uint64_t count = 0;
  if (version != 1 || table_encoding != kSortedTable ||
      !read_encoded(r, frame_encoding, &ignored) || !read_encoded(r, count_encoding, &count)) {
    return false;
  }
  if (count > static_cast<uint64_t>(r.end - r.at) / sizeof(SearchRow)) return false;
  const auto* rows = reinterpret_cast<const SearchRow*>(r.at);
  const SearchRow* row = search(rows, count, static_cast<int64_t>(pc - table.header));
  if (row == nullptr) return false;
  const uint64_t fde = table.header + static_cast<uint64_t>(int64_t{row->entry});
  return read_fde(table, fde, entry) && pc >= entry->start && pc < entry->end;
}
