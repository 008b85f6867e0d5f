// What readers out there rely on: the numbers and types of all fields, and bytes written before.
//
// tests/proto/fields.txt lists every field. A field that is added is added there; a line of it that
// changes or goes breaks whoever reads the messages, unless its number and name stay reserved.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "parcours/v1/customer.pb.h"
#include "parcours/v1/event.pb.h"
#include "parcours/v1/records.pb.h"

namespace parcours {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void ListEnum(const EnumDescriptor& type, std::string* out) {
  for (int i = 0; i < type.value_count(); ++i) {
    *out += type.full_name() + " " + std::to_string(type.value(i)->number()) + " " +
            type.value(i)->name() + "\n";
  }
}

void ListMessage(const Descriptor& type, std::string* out) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    EXPECT_FALSE(field.is_map()) << field.full_name() << ": the order of a map is not said";
    *out += type.full_name() + " " + std::to_string(field.number()) + " " + field.name() + " ";
    if (field.is_repeated()) *out += "repeated ";
    if (field.real_containing_oneof() != nullptr) {
      *out += "of " + field.real_containing_oneof()->name() + " ";
    } else if (field.type() != FieldDescriptor::TYPE_MESSAGE && field.has_presence()) {
      *out += "optional ";
    }
    if (field.message_type() != nullptr) {
      *out += field.message_type()->full_name();
    } else if (field.enum_type() != nullptr) {
      *out += field.enum_type()->full_name();
    } else {
      *out += field.type_name();
    }
    *out += "\n";
  }
  for (int i = 0; i < type.nested_type_count(); ++i) ListMessage(*type.nested_type(i), out);
  for (int i = 0; i < type.enum_type_count(); ++i) ListEnum(*type.enum_type(i), out);
}

TEST(Proto, FieldsKeepTheirNumbersAndTypes) {
  std::string fields;
  const Descriptor* const from[] = {v1::Value::descriptor(), v1::Event::descriptor(),
                                    v1::Transition::descriptor(), v1::Customer::descriptor()};
  for (const Descriptor* each : from) {
    const FileDescriptor& file = *each->file();
    for (int i = 0; i < file.message_type_count(); ++i) ListMessage(*file.message_type(i), &fields);
    EXPECT_EQ(file.enum_type_count(), 0);
  }
  EXPECT_EQ(fields, FileText("tests/proto/fields.txt"));
}

// The committed bytes of one message, and the same as text.
template <class Written>
class Golden : public testing::Test {};

using Messages = testing::Types<v1::Event, v1::Transition, v1::Action, v1::Decision, v1::Customer>;
TYPED_TEST_SUITE(Golden, Messages);

template <class Written>
std::string PathOf() {
  std::string name = Written::descriptor()->name();
  name[0] = static_cast<char>(std::tolower(name[0]));
  return "tests/proto/golden/" + name;
}

TYPED_TEST(Golden, IsReadAsItWasWritten) {
  const std::string bytes = FileText(PathOf<TypeParam>() + ".bin");
  TypeParam message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  std::string text;
  ASSERT_TRUE(google::protobuf::TextFormat::PrintToString(message, &text));
  EXPECT_EQ(text, FileText(PathOf<TypeParam>() + ".txt"));
  EXPECT_EQ(message.SerializeAsString(), bytes);
}

TYPED_TEST(Golden, SetsEveryFieldOfTheMessage) {
  TypeParam message;
  ASSERT_TRUE(message.ParseFromString(FileText(PathOf<TypeParam>() + ".bin")));
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  EXPECT_EQ(static_cast<int>(set.size()), TypeParam::descriptor()->field_count());
}

// A reader that passes a message on keeps what it does not know yet.
TYPED_TEST(Golden, KeepsFieldsThatAreUnknown) {
  const std::string bytes = FileText(PathOf<TypeParam>() + ".bin");
  const std::string later = bytes + "\xc2\x3e\x03new";  // field 1000, three bytes
  TypeParam message;
  ASSERT_TRUE(message.ParseFromString(later));
  EXPECT_EQ(message.SerializeAsString(), later);
}

}  // namespace
}  // namespace parcours
