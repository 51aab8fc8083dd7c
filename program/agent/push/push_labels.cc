#include "program/agent/push/push_labels.h"

#include <map>

#include "env/sys/text.h"
#include "program/profiles/profile_editor.h"

namespace program {
namespace {

std::string only(std::string text, std::string_view more) {
  for (char& c : text) {
    const bool plain = text::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && more.find(c) == std::string_view::npos) c = '_';
  }
  return text;
}

// A dot is allowed, but becomes '_' in the server, where it may meet a key that has one already.
std::string plain_key(const std::string& key) {
  return (!key.empty() && text::is_digit(key.front()) ? "_" : "") + only(key, "_");
}

// A value may hold anything but what ends it.
std::string value_of(std::string text) {
  for (char& c : text) {
    if (c == '{' || c == '}' || c == ',' || c == '=' || static_cast<unsigned char>(c) < 0x20)
      c = '_';
  }
  return text;
}

}  // namespace

std::string push_name(std::string_view labels, const std::string& program,
                      const std::string& session) {
  std::map<std::string, std::string> all = {{"__session_id__", session}};
  std::string service = program;
  std::string_view item;
  while (text::next_item(labels, item)) {
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string key(item.substr(0, equals)), value(item.substr(equals + 1));
    if (key == "service_name") {
      if (!value.empty()) service = value;
    } else if (const std::string plain = plain_key(key); !plain.starts_with("__")) {
      all[plain] = value_of(value);
    }
  }
  std::string name = only(service, "_.-") + "{";
  for (const auto& [key, value] : all) name += key + "=" + value + ",";
  name.back() = '}';
  return name;
}

bool make_label_keys_plain(Profile* profile) {
  ProfileEditor editor(profile);
  std::map<int64_t, int64_t> plain;
  bool changed = false;
  for (auto& sample : *profile->mutable_sample()) {
    for (auto& label : *sample.mutable_label()) {
      if (label.str() == 0 || label.key() == 0) continue;
      const auto [known, is_new] = plain.emplace(label.key(), 0);
      if (is_new) {
        known->second = editor.text(plain_key(text_of(*profile, label.key())));
      }
      changed = changed || known->second != label.key();
      label.set_key(known->second);
    }
  }
  return changed;
}

}  // namespace program
