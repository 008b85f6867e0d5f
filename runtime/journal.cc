#include "runtime/journal.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/json_text.h"
#include "runtime/clock.h"

namespace parcours::runtime {

namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};

std::string_view NameOf(Journal::Level level) { return kLevels[static_cast<int>(level)]; }

void WriteToError(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

// The bytes of the UTF-8 character that `text` begins with; 0: it begins with none.
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool too_large = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : bytes;
}

// `text` as valid UTF-8 of bounded length: foreign bytes may stand in it.
std::string Clean(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    if (clean.size() >= kJournalTextBytesMax) return clean += "...";
    const std::size_t bytes = CharacterBytes(text);
    clean.append(bytes > 0 ? text.substr(0, bytes) : "\xEF\xBF\xBD");
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return clean;
}

bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

bool IsOneWord(std::string_view text) {
  for (char c : text) {
    if (IsControl(c) || c == ' ' || c == '"' || c == '=') return false;
  }
  return !text.empty();
}

void AppendValue(const Journal::Field& field, bool quote_always, std::string* line) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const std::string clean = Clean(*text);
    if (quote_always || !IsOneWord(clean)) return AppendJsonText(clean, line);
    line->append(clean);
  } else if (const auto* yes = std::get_if<bool>(&field.value)) {
    line->append(*yes ? "true" : "false");
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    if (!std::isfinite(*number)) return line->append("null"), void();
    absl::StrAppend(line, *number);
  } else {
    absl::StrAppend(line, std::get<std::int64_t>(field.value));
  }
}

Journal::Options WithDefaults(Journal::Options options) {
  if (options.clock == nullptr) options.clock = WallTime;
  if (options.write == nullptr) options.write = WriteToError;
  return options;
}

}  // namespace

Journal::Journal(Options options) : options_(WithDefaults(std::move(options))) {}

Journal::~Journal() {
  const MutexLock lock(&mutex_);
  TellLeftOut(options_.clock());
}

void Journal::Write(Level level, std::string_view component, std::string_view message,
                    std::initializer_list<Field> fields) {
  if (level < options_.least) return;
  const TimeMs time = options_.clock();
  const std::string line = LineOf(time, level, component, message, fields);
  std::string key = absl::StrCat(static_cast<int>(level), std::string(component), "\n",
                                 std::string(message.substr(0, kJournalTextBytesMax)));
  const MutexLock lock(&mutex_);
  Turn(time);
  if (!repeats_.contains(key) && repeats_.size() >= kJournalMessagesMax) {
    key.clear();
    component = "journal";
    message = "others";
    level = Level::kWarning;
  }
  const auto [found, first] = repeats_.try_emplace(std::move(key));
  Repeats& repeats = found->second;
  if (first) {
    repeats.level = level;
    repeats.component = std::string(component);
    repeats.message = std::string(message.substr(0, kJournalTextBytesMax));
  }
  if (repeats.told >= options_.same_max) {
    ++repeats.left_out;
    return;
  }
  ++repeats.told;
  options_.write(line);
}

void Journal::Flush() {
  const TimeMs time = options_.clock();
  const MutexLock lock(&mutex_);
  Turn(time);
}

std::string Journal::LineOf(TimeMs time, Level level, std::string_view component,
                            std::string_view message, std::initializer_list<Field> fields) const {
  std::string line;
  if (options_.format == Format::kJson) {
    line.append("{\"ts\":\"");
    AppendTime(time, &line);
    line.append("\",\"level\":\"").append(NameOf(level)).append("\",\"component\":");
    AppendJsonText(Clean(component), &line);
    line.append(",\"msg\":");
    AppendJsonText(Clean(message), &line);
    for (const Field& field : fields) {
      line.push_back(',');
      AppendJsonText(field.name, &line);
      line.push_back(':');
      AppendValue(field, true, &line);
    }
    line.push_back('}');
  } else {
    AppendTime(time, &line);
    line.append(" ").append(NameOf(level)).append(" ").append(Clean(component)).append(": ");
    for (char c : Clean(message)) line.push_back(IsControl(c) ? ' ' : c);
    for (const Field& field : fields) {
      line.append(" ").append(field.name).append("=");
      AppendValue(field, false, &line);
    }
  }
  line.push_back('\n');
  return line;
}

void Journal::Turn(TimeMs time) {
  if (time / kSecondMs == second_) return;
  TellLeftOut(time);
  second_ = time / kSecondMs;
}

void Journal::TellLeftOut(TimeMs time) {
  for (const auto& [key, repeats] : repeats_) {
    if (repeats.left_out == 0) continue;
    options_.write(LineOf(time, repeats.level, repeats.component, "repeated messages left out",
                          {{"repeated", repeats.message}, {"times", repeats.left_out}}));
  }
  repeats_.clear();
}

}  // namespace parcours::runtime
