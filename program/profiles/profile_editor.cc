#include "program/profiles/profile_editor.h"

#include <algorithm>

namespace program {
namespace {

// Length of the UTF-8 sequence at the front, 0 if it is none (overlong and surrogates included).
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                   (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

std::string as_utf8(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  while (!value.empty()) {
    const size_t length = utf8_length(value);
    out.append(length == 0 ? "?" : value.substr(0, length));
    value.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string key_of(const pprof::Function& function) {
  const int64_t parts[] = {function.name(), function.system_name(), function.filename(),
                           function.start_line()};
  return std::string(reinterpret_cast<const char*>(parts), sizeof parts);
}

}  // namespace

void mark_named(pprof::Mapping* mapping) {
  mapping->set_has_functions(true);
  mapping->set_has_filenames(true);
  mapping->set_has_line_numbers(true);
  mapping->set_has_inline_frames(true);
}

ProfileEditor::ProfileEditor(Profile* profile) : profile_(profile) {
  for (int i = 0; i < profile->string_table_size(); i++) {
    texts_.emplace(profile->string_table(i), i);
  }
  for (const auto& known : profile->function()) {
    function_ids_.insert(known.id());
    functions_.emplace(key_of(known), known.id());
  }
}

int64_t ProfileEditor::text(std::string_view value) {
  std::string clean = as_utf8(value);
  const auto [at, added] = texts_.try_emplace(clean, profile_->string_table_size());
  if (added) profile_->add_string_table(std::move(clean));
  return at->second;
}

void ProfileEditor::set_comment(const std::string& subject, const std::string& sentence,
                                bool fact) {
  const std::string clean = as_utf8(subject);
  auto* comments = profile_->mutable_comment();
  comments->erase(std::remove_if(comments->begin(), comments->end(),
                                 [&](int64_t index) {
                                   const std::string& line = text_of(*profile_, index);
                                   return line.starts_with(clean) || line.starts_with("# " + clean);
                                 }),
                  comments->end());
  if (!sentence.empty()) profile_->add_comment(text((fact ? "# " : "") + clean + sentence));
}

uint64_t ProfileEditor::function(const Frame& frame) {
  pprof::Function wanted;
  wanted.set_name(text(frame.name));
  wanted.set_system_name(text(frame.system_name));
  wanted.set_filename(text(frame.file));
  wanted.set_start_line(frame.start_line);
  const auto [at, added] = functions_.try_emplace(key_of(wanted), 0);
  if (added) {
    while (!function_ids_.insert(++last_function_id_).second) continue;  // any id may be taken
    at->second = last_function_id_;
    wanted.set_id(at->second);
    *profile_->add_function() = wanted;
  }
  return at->second;
}

void ProfileEditor::set_lines(pprof::Location* location, const std::vector<Frame>& frames) {
  location->clear_line();
  for (const Frame& frame : frames) {
    pprof::Line* line = location->add_line();
    line->set_function_id(function(frame));
    line->set_line(frame.line);
  }
}

}  // namespace program
