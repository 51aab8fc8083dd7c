// The loaded objects of the tables, and the mappings that a profile makes of those it uses.
#pragma once

#include <cstdint>

#include "encoder/wire/arena.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"
#include "tables/tables_view.h"

namespace encoder {

// A copy of a layout::Object: its place must not change between sorting and searching.
struct ObjectRange {
  uint64_t start, end, file_offset;
  uint64_t furthest_end;  // of this and all before it: where a search backwards may stop
  uint32_t born, died;    // generations, [born, died); died 0: still there
  uint32_t flags;
  layout::Ref ref;
  uint32_t mapping_id;  // 0 until the mappings are numbered
  bool used;
};

class ObjectTable {
 public:
  ObjectTable(const TablesView& view, Arena& arena, Budget& budget, uint64_t* bad)
      : view_(view), arena_(arena), budget_(budget), bad_(bad) {}

  // Reads and sorts the objects. False without memory.
  bool open();

  // The object that had the address in that generation, or kNone. Marks nothing.
  uint32_t find(uint64_t pc, uint32_t generation);

  ObjectRange& operator[](uint32_t i) { return objects_[i]; }
  uint32_t size() const { return count_; }

  // For a trace: the path as a string of the table, and the build id's bytes.
  uint32_t path_of(uint32_t i, StringTable& strings);
  std::string_view build_id_of(uint32_t i);

  // Numbers the mappings of the used objects from 1, the main program first, then by address.
  void number_mappings();
  void write_mappings(StringTable& strings, MessageStream& out);

 private:
  void write_mapping(const ObjectRange& object, StringTable& strings, MessageStream& out);
  uint32_t filename(const ObjectRange& object, const layout::Object& entry, StringTable& strings);

  const TablesView& view_;
  Arena& arena_;
  Budget& budget_;
  uint64_t* bad_;
  ObjectRange* objects_ = nullptr;
  uint32_t count_ = 0;
  bool has_main_ = false;
};

}  // namespace encoder
