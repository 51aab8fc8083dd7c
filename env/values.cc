#include "env/values.h"

#include <csignal>

#include "env/globs.h"
#include "env/labels.h"
#include "env/modes.h"
#include "env/output_name.h"

namespace options {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr Unit kSizeUnits[] = {{"", 1},           {"B", 1},
                               {"K", 1ULL << 10}, {"KiB", 1ULL << 10},
                               {"M", 1ULL << 20}, {"MiB", 1ULL << 20},
                               {"G", 1ULL << 30}, {"GiB", 1ULL << 30}};
constexpr Unit kTimeUnits[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}};

bool read_octal(std::string_view given, uint64_t& number) {
  number = 0;
  for (const char c : given) {
    if (c < '0' || c > '7' || number >> 60 != 0) return false;
    number = number * 8 + static_cast<uint64_t>(c - '0');
  }
  return !given.empty();
}

// A number and its unit, without the bounds.
bool read_quantity(Kind kind, std::string_view given, uint64_t& number) {
  if (kind == Kind::kOctal) return read_octal(given, number);
  if (!text::take_number(given, number)) return false;
  if (kind == Kind::kInteger) return given.empty();
  if (kind == Kind::kDuration) {
    if (given.empty()) return number == 0;  // of all times, zero alone is clear without a unit
    for (const Unit& unit : kTimeUnits) {
      if (given == unit.name) return !__builtin_mul_overflow(number, unit.factor, &number);
    }
    return false;
  }
  for (const Unit& unit : kSizeUnits) {
    if (text::equal_but_case(given, unit.name)) {
      return !__builtin_mul_overflow(number, unit.factor, &number);
    }
  }
  return false;
}

bool read_in_bounds(const Check& check, std::string_view given, uint64_t& number) {
  uint64_t low = 0;
  uint64_t high = 0;
  return read_quantity(check.kind, given, number) && read_quantity(check.kind, check.low, low) &&
         read_quantity(check.kind, check.high, high) && number >= low && number <= high;
}

bool read_choice(std::string_view words, std::string_view given, uint64_t& index) {
  std::string_view word;
  for (index = 0; text::next_item(words, word); index++) {
    if (word == given) return true;
  }
  return false;
}

constexpr struct {
  std::string_view name;
  int number;
} kSignals[] = {{"HUP", SIGHUP},   {"INT", SIGINT},      {"QUIT", SIGQUIT},     {"ABRT", SIGABRT},
                {"USR1", SIGUSR1}, {"USR2", SIGUSR2},    {"PIPE", SIGPIPE},     {"ALRM", SIGALRM},
                {"TERM", SIGTERM}, {"CHLD", SIGCHLD},    {"CONT", SIGCONT},     {"TSTP", SIGTSTP},
                {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},    {"URG", SIGURG},       {"XCPU", SIGXCPU},
                {"XFSZ", SIGXFSZ}, {"IO", SIGIO},        {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},
                {"PWR", SIGPWR},   {"STKFLT", SIGSTKFLT}};
constexpr uint64_t kFirstRealTimeSignal = 34;  // the two below are glibc's own
constexpr uint64_t kLastSignal = 64;

// Numbers that are refused: what the processor raises, what cannot be caught, glibc's, our own.
bool refused_signal(uint64_t number) {
  for (const int bad :
       {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGKILL, SIGSTOP, SIGSYS, SIGPROF, 32, 33}) {
    if (number == static_cast<uint64_t>(bad)) return true;
  }
  return number < 1 || number > kLastSignal;
}

bool read_signal(std::string_view given, uint64_t& number) {
  if (text::starts_with(given, "SIG")) given = text::part(given, 3);
  for (const auto& signal : kSignals) {
    number = static_cast<uint64_t>(signal.number);
    if (given == signal.name) return true;
  }
  uint64_t base = 0;
  if (text::starts_with(given, "RTMIN")) {
    given = text::part(given, 5);
    base = number = kFirstRealTimeSignal;
    if (given.empty()) return true;
    if (!text::starts_with(given, "+")) return false;
    given = text::part(given, 1);
  }
  return text::take_number(given, number) && given.empty() && number <= kLastSignal &&
         !refused_signal(number += base);
}

bool is_port(std::string_view digits) {
  uint64_t port;
  return text::take_number(digits, port) && digits.empty() && port <= 65535;
}

bool is_address(std::string_view given) {
  constexpr size_t kLongestSocketPath = 107;  // sockaddr_un::sun_path with its zero byte
  if (text::starts_with(given, "unix:")) {
    const std::string_view path = text::part(given, 5);
    return path.size() > 1 && path.data()[0] == '/' && path.size() <= kLongestSocketPath;
  }
  const size_t colon = text::find_last(given, ':');
  if (colon == text::kNowhere) return is_port(given);
  const std::string_view host = text::part(given, 0, colon);
  const bool bracketed = text::starts_with(host, "[") && text::ends_with(host, "]");
  const std::string_view name = bracketed ? text::part(host, 1, host.size() - 2) : host;
  for (const char c : name) {
    const bool plain = text::is_letter(c) || text::is_digit(c) || c == '.' || c == '-';
    if (!plain && !(bracketed && (c == ':' || c == '%'))) return false;
  }
  return is_port(text::part(given, colon + 1)) && !(bracketed && name.empty());
}

// The user and the password end at the last '@' before the path. A '/' in a password would put the
// rest of it into the path, which lines about the server show: such a URL is refused.
bool is_url(std::string_view given, text::Builder& problem) {
  const bool secure = text::starts_with(given, "https://");
  if (!secure && !text::starts_with(given, "http://")) return false;
  const std::string_view rest = text::part(given, secure ? 8 : 7);
  size_t end = rest.size();
  for (size_t i = rest.size(); i > 0; i--) {
    const char c = rest.data()[i - 1];
    if (c <= ' ' || c > '~') return false;
    if (c == '/' || c == '?' || c == '#') end = i - 1;
  }
  if (text::find_last(text::part(rest, end), '@') != text::kNowhere) {
    problem << "in a user name or password write / as %2F, ? as %3F and # as %23; in a path write "
               "@ as %40";
    return false;
  }
  const std::string_view authority = text::part(rest, 0, end);
  const size_t at = text::find_last(authority, '@');
  const std::string_view host = at == text::kNowhere ? authority : text::part(authority, at + 1);
  const size_t colon = text::find_last(host, ':');
  const bool has_port = colon != text::kNowhere && text::find(host, "]") != host.size() - 1;
  const std::string_view name = has_port ? text::part(host, 0, colon) : host;
  return !name.empty() && (!has_port || is_port(text::part(host, colon + 1)));
}

bool are_globs(std::string_view given) {
  bool any = false;
  std::string_view item;
  while (text::next_item(given, item)) {
    if (!globs::valid(item)) return false;  // it would silently match nothing
    any = any || !item.empty();
  }
  return any;
}

Verdict read_labels(std::string_view given, text::Builder& problem) {
  LabelList labels(given);
  Label label;
  while (labels.next(label)) continue;
  if (labels.bad().empty()) return Verdict::kGood;
  problem << "not a pair that can be used: " << text::part(labels.bad(), 0, 60);
  return Verdict::kPartly;
}

Verdict verdict(bool good) {
  return good ? Verdict::kGood : Verdict::kBad;
}

}  // namespace

Verdict read_value(const Check& check, std::string_view given, Value& value,
                   text::Builder& problem) {
  value = {};
  if (check.text_bytes != 0) {
    if (given.size() > check.text_bytes) {
      problem << "longer than " << uint64_t{check.text_bytes} << " bytes";
      return Verdict::kBad;
    }
    value.text = given;
  }
  switch (check.kind) {
    case Kind::kModes:
      value.number = read_modes(given, problem).bits;
      return problem.empty() ? Verdict::kGood : Verdict::kPartly;
    case Kind::kInteger:
    case Kind::kOctal:
    case Kind::kSize:
    case Kind::kDuration:
      return verdict(read_in_bounds(check, given, value.number));
    case Kind::kChoice:
      return verdict(read_choice(check.words, given, value.number));
    case Kind::kFlag:
      return verdict(read_choice("0, 1", given, value.number));
    case Kind::kSignal:
      return verdict(read_signal(given, value.number));
    case Kind::kTemplate:
      return verdict(output_name::valid(given));
    case Kind::kAddress:
      return verdict(is_address(given));
    case Kind::kUrl:
      return verdict(is_url(given, problem));
    case Kind::kLabels:
      return read_labels(given, problem);
    case Kind::kGlobs:
      return verdict(are_globs(given));
    case Kind::kDirectory:
      return verdict(text::starts_with(given, "/") ||
                     read_choice(check.words, given, value.number));
    case Kind::kText:
      return Verdict::kGood;
  }
  return Verdict::kBad;
}

void describe_accepted(const Check& check, text::Builder& out) {
  switch (check.kind) {
    case Kind::kModes:
      return list_all_modes(out);
    case Kind::kInteger:
      out << check.low << " to " << check.high;
      return;
    case Kind::kOctal:
      out << "octal permissions, " << check.low << " to " << check.high;
      return;
    case Kind::kSize:
      out << check.low << " to " << check.high << ", in B, K, M, G";
      return;
    case Kind::kDuration:
      out << check.low << " to " << check.high << ", in ns, us, ms, s, m";
      return;
    case Kind::kChoice:
    case Kind::kText:
      out << check.words;
      return;
    case Kind::kDirectory:
      out << "an absolute path, " << check.words;
      return;
    case Kind::kFlag:
      out << "0, 1";
      return;
    case Kind::kSignal:
      out << "a signal such as SIGUSR2, USR2, RTMIN+1, 12";
      return;
    case Kind::kTemplate:
      out << "text with %e %p %m %h %t %n %q{VAR} %%";
      return;
    case Kind::kAddress:
      out << "HOST:PORT, :PORT, PORT, [IPv6]:PORT, unix:/PATH";
      return;
    case Kind::kUrl:
      out << "http://HOST..., https://HOST...";
      return;
    case Kind::kLabels:
      out << "k=v,k=v";
      return;
    case Kind::kGlobs:
      out << "a comma list of globs without /";
      return;
  }
}

}  // namespace options
