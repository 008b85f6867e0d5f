# The house rules of the build: language, packages, flags.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)

# The same arithmetic everywhere: no fused multiply-add where digests depend on it.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Werror -ffp-contract=off -march=x86-64-v3)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Designated initializers name what they set; GCC 12 sees overlaps in std::string that are none.
  add_compile_options(-Wno-missing-field-initializers -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Wno-sign-conversion)
  find_program(LLD ld.lld)
  if(LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

option(PARCOURS_MUTANTS "Read PARCOURS_MUTANT and plant that bug (test builds only)" OFF)
option(PARCOURS_FUZZ "Build the fuzz entry points with libFuzzer (clang)" OFF)
set(PARCOURS_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
if(PARCOURS_MUTANTS)
  add_compile_definitions(PARCOURS_MUTANTS)
endif()
if(PARCOURS_SANITIZE)
  add_compile_options(-fsanitize=${PARCOURS_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PARCOURS_SANITIZE})
endif()
if(PARCOURS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

include(rooms)
include(tests)
