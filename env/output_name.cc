#include "env/output_name.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace output_name {

namespace {

constexpr size_t kLongestComponent = 255;  // NAME_MAX
constexpr std::string_view kProfileExtension = ".pb.gz";
constexpr std::string_view kTraceExtension = ".pftrace";

struct Defaults {
#define OPTION(type, NAME, field, default_text, ...) \
  static constexpr std::string_view NAME = default_text;
#include "env/options.def"
};

// A piece of a template: one conversion, or one byte as it stands.
struct Piece {
  char conversion = 0;  // 0: `literal`
  char literal = 0;
  std::string_view variable;  // of %q
};

// Takes a piece off the front; false if it is malformed.
bool next_piece(std::string_view& rest, Piece& piece) {
  piece = {};
  piece.literal = rest.data()[0];
  rest = text::part(rest, 1);
  if (piece.literal != '%') return true;
  if (rest.empty()) return false;
  const char letter = rest.data()[0];
  rest = text::part(rest, 1);
  if (letter == '%') return true;
  piece.conversion = letter;
  if (letter != 'q') return text::find("epmhtn", {&letter, 1}) != text::kNowhere;
  const size_t end = text::find(rest, "}");
  if (end == text::kNowhere || end < 2 || rest.data()[0] != '{') return false;
  piece.variable = text::part(rest, 1, end - 1);
  rest = text::part(rest, end + 1);
  return true;
}

// Writes a foreign value so that it stays one harmless part of a file name.
void put_foreign(std::string_view value, text::Builder& out) {
  if (value.empty()) out << '_';
  bool at_front = true;
  while (!value.empty()) {
    const size_t length = text::printable_length(value);
    const char first = value.data()[0];
    if (first != '.') at_front = false;
    const bool fits = length != 0 && first != '/' && first != ':' && !at_front;
    out << (fits ? text::part(value, 0, length) : std::string_view("_"));
    value = text::part(value, fits ? length : 1);
  }
}

// Expands a template piece by piece and remembers what a file's name needs to know of it.
struct Expansion {
  text::Builder out;
  const Fields& fields;
  bool has_mode = false, has_pid = false, has_number = false;
  size_t literal_from = 0;  // what stands from here to the end is the user's own text

  void put(const Piece& piece) {
    switch (piece.conversion) {
      case 'e':
        put_foreign(fields.program, out);
        break;
      case 'p':
        out << fields.pid;
        break;
      case 'm':
        put_foreign(fields.mode, out);
        break;
      case 'h':
        put_foreign(fields.host, out);
        break;
      case 't':
        out << fields.start_time_s;
        break;
      case 'n':
        out << fields.dump_number;
        break;
      case 'q':
        put_foreign(look_up(fields.environment, piece.variable), out);
        break;
      default:
        out << piece.literal;
        return;
    }
    has_pid = has_pid || piece.conversion == 'p';
    has_mode = has_mode || piece.conversion == 'm';
    has_number = has_number || piece.conversion == 'n';
    literal_from = out.size();
  }

  void put_template(std::string_view rest) {
    const size_t name_at = text::find_last(rest, '/');
    const size_t name_size = name_at == text::kNowhere ? rest.size() : rest.size() - name_at - 1;
    Piece piece;
    while (!rest.empty()) {
      const bool in_name = rest.size() <= name_size;
      if (!next_piece(rest, piece)) break;
      const auto byte = static_cast<unsigned char>(piece.literal);
      if (in_name && (byte < ' ' || byte == 0x7f)) piece.literal = '_';
      put(piece);
    }
  }

  static std::string_view look_up(const Lookup& environment, std::string_view name) {
    return environment.value == nullptr ? std::string_view()
                                        : environment.value(environment.context, name);
  }
};

bool is_directory(const char* path) {
  struct stat st = {};
  return arch::syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

size_t name_start(std::string_view path) {
  const size_t slash = text::find_last(path, '/');
  return slash == text::kNowhere ? 0 : slash + 1;
}

// `.pb.gz` whole, else from the last dot at or behind `literal_from`; not the dot of a hidden file.
size_t find_extension(std::string_view path, size_t literal_from) {
  for (const std::string_view known : {kProfileExtension, kTraceExtension}) {
    if (text::ends_with(path, known)) return path.size() - known.size();
  }
  const size_t dot = text::find_last(path, '.');
  const bool counts = dot != text::kNowhere && dot >= literal_from && dot > name_start(path);
  return counts ? dot : path.size();
}

void put_what_is_missing(const Expansion& expansion, text::Builder& missing) {
  const Fields& fields = expansion.fields;
  if (fields.several_modes && !expansion.has_mode) {
    missing << '.';
    put_foreign(fields.mode, missing);
  }
  if (!fields.first_process && !expansion.has_pid) missing << '.' << fields.pid;
  const bool numbered = fields.several_dumps || fields.dump_number > 1;
  if (numbered && !expansion.has_number) missing << '.' << fields.dump_number;
}

Name failed(const char* sentence) {
  Name name;
  name.error = sentence;
  return name;
}

Name checked(const text::Builder& path, size_t extension_at, size_t directory_to_make) {
  if (path.cut()) return failed("the path is longer than 4095 bytes");
  size_t run = 0;
  for (const char c : path.view()) {
    run = c == '/' ? 0 : run + 1;
    if (run > kLongestComponent) return failed("a name in the path is longer than 255 bytes");
  }
  if (run == 0) return failed("the path ends in no file name");
  return {path.view(), extension_at, directory_to_make, nullptr};
}

}  // namespace

bool valid(std::string_view name_template) {
  Piece piece;
  while (!name_template.empty()) {
    if (!next_piece(name_template, piece)) return false;
  }
  return true;
}

Name expand(std::string_view name_template, const Fields& fields, char (&buffer)[kPathSize]) {
  if (name_template.empty()) name_template = Defaults::OUTPUT;
  Expansion expansion{text::Builder(buffer), fields};
  text::Builder& out = expansion.out;
  if (name_template.data()[0] != '/' && !fields.start_directory.empty()) {
    out << fields.start_directory;
    if (!text::ends_with(fields.start_directory, "/")) out << '/';
  }
  expansion.put_template(name_template);
  size_t directory_to_make = 0;
  const bool ends_in_slash = text::ends_with(name_template, "/");
  if (ends_in_slash || is_directory(out.c_str())) {
    if (ends_in_slash) directory_to_make = out.size();
    if (!ends_in_slash) out << '/';
    expansion.put_template(Defaults::OUTPUT);
  }
  size_t at = find_extension(out.view(), expansion.literal_from);
  if (fields.mode == "trace" && text::part(out.view(), at) != kTraceExtension) {
    if (text::part(out.view(), at) == kProfileExtension) out.shorten(at);
    at = out.size();
    out << kTraceExtension;
  }
  char missing_bytes[kLongestComponent + 1];
  text::Builder missing(missing_bytes);
  put_what_is_missing(expansion, missing);
  out.insert(at, missing.view());
  if (missing.cut()) return failed("the mode's name is too long for a file name");
  return checked(out, at + missing.size(), directory_to_make);
}

Name as_given(std::string_view path, char (&buffer)[kPathSize], std::string_view directory) {
  text::Builder out(buffer);
  if (!text::starts_with(path, "/") && !directory.empty()) out << directory << '/';
  out << path;
  return checked(out, find_extension(out.view(), out.size() - path.size()), 0);
}

Name alternative(const Name& name, unsigned k, char (&buffer)[kPathSize]) {
  text::Builder out(buffer);
  out << text::part(name.path, 0, name.extension_at) << '-' << uint64_t{k};
  const size_t extension_at = out.size();
  out << text::part(name.path, name.extension_at);
  return checked(out, extension_at, name.directory_to_make);
}

std::string_view bind_environment(std::string_view rest, Lookup environment,
                                  char (&buffer)[kPathSize]) {
  text::Builder out(buffer);
  while (!rest.empty()) {
    const std::string_view before = rest;
    Piece piece;
    if (!next_piece(rest, piece)) return {};
    if (piece.conversion != 'q') {
      out << text::part(before, 0, before.size() - rest.size());
      continue;
    }
    char value_bytes[kLongestComponent + 2];
    text::Builder value(value_bytes);
    put_foreign(Expansion::look_up(environment, piece.variable), value);
    if (value.cut()) return {};
    for (const char c : value.view())
      out << (c == '%' ? std::string_view("%%") : text::part({&c, 1}, 0));
  }
  return out.cut() ? std::string_view() : out.view();
}

}  // namespace output_name
