#include "program/symbols/readable_name.h"

#include <catch2/catch.hpp>

using program::readable_name;
using program::without_arguments;

TEST_CASE("C++ names lose parameters, templates and return types, as pprof shows them") {
  CHECK(readable_name("_ZN2ns6Widget4growEi") == "ns::Widget::grow");
  CHECK(readable_name("_ZNSt6vectorIiSaIiEE9push_backEOi") == "std::vector::push_back");
  CHECK(readable_name("_Z4leakIiEvT_") == "leak");
  CHECK(readable_name("_ZNK3FooclEi") == "Foo::operator()");
  CHECK(readable_name("_ZNKSt8functionIFvvEEclEv") == "std::function::operator()");
  CHECK(readable_name("_ZN12_GLOBAL__N_13fooEv") == "(anonymous namespace)::foo");
  CHECK(readable_name("_ZN3FooC2Ev") == "Foo::Foo");
  CHECK(readable_name("_ZN3FooD0Ev") == "Foo::~Foo");
}

TEST_CASE("operators keep the signs that look like brackets") {
  CHECK(readable_name("_ZlsRSoRK3Foo") == "operator<<");
  CHECK(readable_name("_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc") ==
        "std::operator<<");
  CHECK(readable_name("_ZN3FoossERKS_") == "Foo::operator<=>");
  CHECK(readable_name("_ZN3FooptEv") == "Foo::operator->");
  CHECK(readable_name("_ZN3FooixEi") == "Foo::operator[]");
  CHECK(readable_name("_Znwm") == "operator new");
  CHECK(readable_name("_Znam") == "operator new[]");
  CHECK(readable_name("_ZN3FoocvbEv") == "Foo::operator bool");
  CHECK(without_arguments("operator< <int>") == "operator<");
  CHECK(without_arguments("my_operator<int>::f") == "my_operator::f");
}

TEST_CASE("lambdas are named by the function around them") {
  CHECK(readable_name("_ZZ3fooiENKUliE_clEi") == "foo::{lambda#1}::operator()");
  CHECK(without_arguments("void foo<int>(int) const::{lambda(int)#2}::operator()") ==
        "foo::{lambda#2}::operator()");
  CHECK(without_arguments("void (anonymous namespace)::foo<int>(int)::{lambda()#1}::f") ==
        "(anonymous namespace)::foo::{lambda#1}::f");
}

TEST_CASE("comparisons inside template arguments do not end them") {
  CHECK(without_arguments("f<((1)>(2)), g<3> >::h") == "f::h");
  CHECK(without_arguments("f<&(A::operator<(int))>::h") == "f::h");
  CHECK(without_arguments("f<&A::operator> >::h") == "f::h");
}

TEST_CASE("a split-off part of a C++ function counts as the function") {
  CHECK(readable_name("_ZN3foo3barEv.cold") == "foo::bar");
  CHECK(readable_name("_ZN3foo3barEi.constprop.0.isra.0") == "foo::bar");
}

TEST_CASE("Rust names of both manglings lose their hash") {
  CHECK(readable_name("_ZN4core3fmt5write17h0123456789abcdefE") == "core::fmt::write");
  CHECK(readable_name("_ZN4core3fmt5write17h0123456789abcdefE.llvm.1234567890") ==
        "core::fmt::write");
  CHECK(readable_name("_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789ab"
                      "cdefE") == "<T as core::convert::Into<U>>::into");
  CHECK(readable_name("_RNvNtCs1234_7mycrate3foo3bar") == "mycrate::foo::bar");
}

TEST_CASE("Rust names lose their generic arguments, but not the types they are methods of") {
  using program::without_generics;
  CHECK(without_generics("gimli::leb128::read::unsigned::<a::B<c::D>>") ==
        "gimli::leb128::read::unsigned");
  CHECK(without_generics("<a::B<c::D> as e::F<g::H>>::go::<i::J>::{closure#0}") ==
        "<a::B as e::F>::go::{closure#0}");
  CHECK(without_generics("<[u8]>::to_vec_in::<alloc::alloc::Global>") == "<[u8]>::to_vec_in");
  CHECK(without_generics("<&str as a::B>::f") == "<&str as a::B>::f");
  CHECK(without_generics("<fn(u8) -> a::B<c>>::f::<fn(u8) -> c>::g") == "<fn(u8) -> a::B>::f::g");
  CHECK(without_generics("f::<'<'>::g::<'>'>") == "f::g");
  CHECK(without_generics("a<b") == "a<b");
  CHECK(readable_name("_RINvNtCs1234_7mycrate3foo3barlE") == "mycrate::foo::bar");
}

TEST_CASE("what is no mangled name stays as it is") {
  for (const char* name : {"main", "_start", "redis-server+0x4a310", "[lost]", "_Z", "_ZN", "_R",
                           "_Z3fo", "", "operator", "a<b"}) {
    CHECK(readable_name(name) == name);
  }
  CHECK(without_arguments("a<b") == "a<b");
  CHECK(without_arguments("a(b") == "a(b");
  CHECK(without_arguments("()") == "()");
}

TEST_CASE("a name longer than any honest one is not demangled") {
  const std::string name = "_Z" + std::string(100000, 'P') + "i";
  CHECK(readable_name(name) == name);
}

namespace {

// Each type is a template of the one before, twice: 2^levels in the end, by back references.
std::string doubling_cpp(int levels) {
  std::string type = "1AIiiE";
  const char* digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string name = "_Z1fI" + type;
  for (int i = 0; i < levels; i++) {
    // S_ is f, S0_ is A, S1_ is A<int, int>, and each new type is the next.
    const std::string last = std::string("S") + digits[i + 1] + "_";
    name += "S0_I" + last + last + "E";
  }
  return name + "EvT_";
}

std::string doubling_rust(int levels) {
  std::string name = "_RINvC1a1f";
  const char* digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  size_t last = name.size() - 2;
  name += "TuuE";
  for (int i = 0; i < levels; i++) {
    // B and a number in base 62, of which 0 is written "_" and n as n - 1.
    std::string back = "B";
    const size_t n = last - 1;
    if (n >= 62) back += digits[n / 62];
    const size_t low = n % 62;
    back += low < 36 ? digits[low] : static_cast<char>('A' + (low - 36));
    back += '_';
    last = name.size() - 2;
    name += "T" + back + back + "E";
  }
  return name + "E";
}

}  // namespace

TEST_CASE("a name that doubles with each of its types stays mangled, and costs next to nothing") {
  CHECK(readable_name(doubling_cpp(3)) == "f");
  CHECK(readable_name(doubling_rust(3)) == "a::f");
  for (const int levels : {20, 30}) {
    for (const std::string& name : {doubling_cpp(levels), doubling_rust(levels)}) {
      CHECK(readable_name(name) == name);
    }
  }
}

TEST_CASE("D names lose parameters and template arguments") {
  using program::without_d_arguments;
  CHECK(readable_name("_D3std5stdio7writelnFAyaZv") == "std.stdio.writeln");
  CHECK(readable_name("_D3foo3Bar3bazMxFiZi") == "foo.Bar.baz");
  CHECK(readable_name("_Dmain") == "D main");
  CHECK(without_d_arguments("a.b!(int, c!(d)).f(int) const") == "a.b.f");
  CHECK(without_d_arguments("a(b") == "a(b");
  CHECK(readable_name("_DYNAMIC") == "_DYNAMIC");
}
