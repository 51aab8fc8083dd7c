#include "program/symbols/readable_name.h"

#include <cctype>

#include "program/symbols/demangled_name.h"

namespace program {
namespace {

using namespace std::string_view_literals;

bool in_identifier(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

// Length of "operator" and its signs at `at`, 0 if there is none: their brackets are no brackets.
size_t operator_at(std::string_view name, size_t at) {
  constexpr auto kWord = "operator"sv;
  if (!name.substr(at).starts_with(kWord)) return 0;
  if (at > 0 && in_identifier(name[at - 1])) return 0;
  const std::string_view rest = name.substr(at + kWord.size());
  for (const auto signs : {"()"sv, "[]"sv, "<=>"sv, "<<="sv, ">>="sv, "->*"sv, "->"sv, "<<"sv,
                           ">>"sv, "<="sv, ">="sv, "<"sv, ">"sv}) {
    if (rest.starts_with(signs)) return kWord.size() + signs.size();
  }
  return !rest.empty() && in_identifier(rest[0]) ? 0 : kWord.size();
}

// Where the group that opens at `at` ends, or npos. Inside round brackets '<' may be less-than.
size_t end_of_group(std::string_view name, size_t at) {
  const bool round = name[at] == '(';
  int open_round = 0;
  int open_angle = 0;
  while (at < name.size()) {
    if (const size_t skip = operator_at(name, at)) {
      at += skip;
      continue;
    }
    const char c = name[at++];
    open_round += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (open_round == 0 && !round) open_angle += c == '<' ? 1 : c == '>' ? -1 : 0;
    if (open_round == 0 && open_angle <= 0) return at;
  }
  return std::string_view::npos;
}

// The qualifiers of a member function, which stand behind its parameters.
size_t end_of_qualifiers(std::string_view name, size_t at) {
  for (bool more = true; more;) {
    more = false;
    for (const auto word : {" const"sv, " volatile"sv, " &&"sv, " &"sv}) {
      if (!name.substr(at).starts_with(word)) continue;
      at += word.size();
      more = true;
    }
  }
  return at;
}

// Only a function template that encloses another name shows its return type: "void f::{lambda#1}".
void drop_return_type(std::string* name) {
  const size_t space = name->rfind(' ');
  if (space == std::string::npos || name->find('{') < space) return;
  const std::string_view before = std::string_view(*name).substr(0, space);
  if (before.ends_with("operator") || before.ends_with(" to") || before.ends_with(" for")) return;
  name->erase(0, space + 1);
}

// Where the generic arguments that open at `at` end, or npos. "->" and '>' as a character end none.
size_t end_of_generics(std::string_view name, size_t at) {
  int open = 0;
  for (; at < name.size(); at++) {
    const char c = name[at];
    if (c == '\'' && at + 2 < name.size() && name[at + 2] == '\'') at += 2;
    if (c == '<') open++;
    if (c == '>' && name[at - 1] != '-' && --open == 0) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::string without_generics(std::string_view name) {
  std::string out;
  for (size_t at = 0; at < name.size();) {
    const bool turbofish = name[at] == '<' && out.ends_with("::");
    const bool generics = name[at] == '<' && !out.empty() && in_identifier(out.back());
    if (!turbofish && !generics) {
      out += name[at++];
      continue;
    }
    if (turbofish) out.resize(out.size() - 2);
    at = end_of_generics(name, at);
    if (at == std::string_view::npos) return std::string(name);
  }
  return out;
}

std::string without_arguments(std::string_view name) {
  constexpr auto kAnonymous = "(anonymous namespace)"sv;
  constexpr char kMark = '\1';  // stands for kAnonymous, whose blank is none between words
  const std::string_view text = name.substr(0, name.find(" [clone "));
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with(kAnonymous)) {
      out += kMark;
      at += kAnonymous.size();
    } else if (const size_t length = operator_at(text, at)) {
      out += text.substr(at, length);
      at += length;
    } else if (text[at] == '(' || text[at] == '<') {
      const bool parameters = text[at] == '(';
      at = end_of_group(text, at);
      if (at == std::string_view::npos) return std::string(name);
      if (parameters) at = end_of_qualifiers(text, at);
      if (parameters && text.substr(at).starts_with("::")) drop_return_type(&out);
    } else {
      out += text[at++];
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  for (size_t at = 0; (at = out.find(kMark, at)) != std::string::npos;) {
    out.replace(at, 1, kAnonymous);
  }
  return out.empty() ? std::string(name) : out;
}

std::string without_d_arguments(std::string_view name) {
  std::string out;
  int open = 0;
  for (const char c : name) {
    if (c == '(' && open++ == 0 && out.ends_with('!')) out.pop_back();
    if (open == 0) out += c;
    if (c == ')' && --open < 0) return std::string(name);
  }
  if (open != 0 || out.empty()) return std::string(name);
  for (bool more = true; more;) {  // of a method's `this`
    more = false;
    for (const auto word : {" const"sv, " immutable"sv, " inout"sv, " shared"sv}) {
      if (!out.ends_with(word)) continue;
      out.resize(out.size() - word.size());
      more = true;
    }
  }
  return out;
}

std::string readable_name(const std::string& system_name) {
  // LLVM's suffix of a symbol it made unique hides the rest from the Rust demangler.
  const std::string symbol = system_name.substr(0, system_name.find(".llvm."));
  if (symbol.starts_with("_R") || symbol.starts_with("_ZN")) {
    const auto rust = demangled_name(symbol, Language::kRust);
    // The legacy mangling has no arguments of its own, and spells types as it likes.
    if (rust) return symbol[1] == 'R' ? without_generics(*rust) : *rust;
  }
  if (symbol.starts_with("_D")) {
    const auto d = demangled_name(symbol, Language::kD);
    return d ? without_d_arguments(*d) : system_name;
  }
  if (!symbol.starts_with("_Z")) return system_name;
  const auto plain = demangled_name(symbol, Language::kCpp);
  return plain ? without_arguments(*plain) : system_name;
}

}  // namespace program
