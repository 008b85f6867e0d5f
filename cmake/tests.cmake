# Everything that is built or run to prove the rooms: unit tests, fuzz entry points, benches, and
# the checks written as scripts. ctest labels: unit cases oracle examples docs golden tidy fuzz sim
# crash broker.

enable_testing()  # here, not in a function: CMake forgets it at the function's end

# add_tests(): call it after the last room.
function(add_tests)
  find_package(GTest REQUIRED)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  get_property(rooms GLOBAL PROPERTY PARCOURS_ROOMS)
  add_unit_tests(${rooms})
  add_simulation()
  add_fuzz_entries()
  add_benches()
  add_checks()
endfunction()

# Links `target` to the rooms whose headers its one `source` includes.
function(link_included_rooms target source)
  file(STRINGS ${source} includes REGEX "^#include \"")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include \"(.*)/[^/]*\".*" "\\1" path "${line}")
    string(REPLACE "/" "_" room ${path})
    if(TARGET ${room})
      target_link_libraries(${target} PRIVATE ${room})
    endif()
  endforeach()
endfunction()

# Adds to `list` the tests/support/X.cc of every tests/support/X.h that `source` includes, and so on.
function(find_support list source)
  file(STRINGS ${source} includes REGEX "^#include \"tests/support/")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include \"(.*)\\.h\".*" "${CMAKE_SOURCE_DIR}/\\1" stem "${line}")
    if(NOT ${stem}.cc IN_LIST ${list} AND EXISTS ${stem}.cc)
      list(APPEND ${list} ${stem}.cc)
      find_support(${list} ${stem}.h)
      find_support(${list} ${stem}.cc)
    endif()
  endforeach()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# One binary a room, from tests/<room>/*_test.cc and what they include of tests/support.
function(add_unit_tests)
  foreach(path ${ARGN})
    string(REPLACE "/" "_" room ${path})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${path}/*_test.cc)
    if(sources)
      set(support)
      foreach(source ${sources})
        find_support(support ${source})
      endforeach()
      add_executable(${room}_test ${sources} ${support})
      target_link_libraries(${room}_test PRIVATE
        ${room} simdjson::simdjson GTest::gtest_main GTest::gmock)
      add_test(NAME ${room} COMMAND ${room}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(${room} PROPERTIES LABELS unit)
    endif()
  endforeach()
endfunction()

# tests/sim: the whole system on one thread, from seeds.
function(add_simulation)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/*.cc)
  add_executable(simulate ${sources} ${CMAKE_SOURCE_DIR}/tests/support/faulty_env.cc)
  target_link_libraries(simulate PRIVATE processor)
  add_test(NAME simulation COMMAND simulate --seeds 50 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(simulation PROPERTIES LABELS sim)
endfunction()

# tests/fuzz/X_fuzz.cc with its corpus in tests/fuzz/corpus/X. With PARCOURS_FUZZ a libFuzzer
# program; else replay_corpus.cc runs the corpus and mutations of it, as part of ctest.
function(add_fuzz_entries)
  add_custom_target(fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cc)
  foreach(source ${sources})
    get_filename_component(target ${source} NAME_WE)
    string(REPLACE "_fuzz" "" name ${target})
    add_executable(${target} ${source})
    link_included_rooms(${target} ${source})
    add_dependencies(fuzzers ${target})
    if(PARCOURS_FUZZ)
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      continue()
    endif()
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_corpus.cc)
    set(run ${target} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    if(name STREQUAL "canary")  # must die, or the others prove nothing
      set(run sh -c "\"$0\" \"$1\" 2>&1 | grep -q 'the canary died'"
          $<TARGET_FILE:${target}> ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/canary)
    endif()
    add_test(NAME fuzz_${name} COMMAND ${run} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
  endforeach()
endfunction()

# `ninja bench` builds one program for each bench/*.cc, in bench/ of the build folder.
function(add_benches)
  add_custom_target(bench)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.cc)
  foreach(source ${sources})
    get_filename_component(target ${source} NAME_WE)
    add_executable(${target} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${target} PRIVATE simdjson::simdjson)
    link_included_rooms(${target} ${source})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(bench ${target})
  endforeach()
  add_kafka_load()
endfunction()

# bench/kafka/*.cc make one program: what fills topics and reads them for the benches on Kafka.
function(add_kafka_load)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/kafka/*.cc)
  add_executable(kafka_load ${sources})
  target_link_libraries(kafka_load PRIVATE cli)
  set_target_properties(kafka_load PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(bench kafka_load)
endfunction()

# add_check(name label script argument...): a Python script under tests/, run from the root.
function(add_check name label script)
  if(EXISTS ${CMAKE_SOURCE_DIR}/tests/${script})
    add_test(NAME ${name} COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tests/${script} ${ARGN}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS ${label})
  endif()
endfunction()

# What runs on a real Kafka: alone, for its timeouts are real; skipped where there is no Java.
function(add_broker_checks)
  add_check(broker_rig broker broker/rig_test.py)
  set(alone broker_rig)
  if(TARGET parcours)
    set(binary --parcours $<TARGET_FILE:parcours>)
    add_check(broker_oracle broker broker/oracle_test.py ${binary} --seeds 10)
    add_check(broker_short broker broker/chaos.py ${binary} --kafka 4.4.0 --kills 10
              --open-at-least 3 --seconds-max 230)
    add_check(broker_errors broker broker/errors_test.py ${binary})
    add_check(broker_docs broker broker/docs_test.py ${binary})
    add_check(broker_bench broker ../bench/kafka/smoke_test.py --build ${CMAKE_BINARY_DIR})
    list(APPEND alone broker_short broker_errors broker_docs broker_bench)
  endif()
  set_tests_properties(${alone} PROPERTIES RUN_SERIAL ON SKIP_RETURN_CODE 77)
endfunction()

# Those that need the program are there once it is.
function(add_checks)
  add_check(tidy tidy tidy/tidy_test.py)
  add_check(layering tidy tidy/layering_test.py)
  add_test(NAME format COMMAND ./dev format --check WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(format PROPERTIES LABELS tidy)
  add_check(pure tidy tidy/pure_test.py --build ${CMAKE_BINARY_DIR})
  add_check(cases_runner cases cases/run_cases_test.py)
  add_check(docs_runner docs docs/check_docs_test.py)
  add_check(actions examples examples/check_actions.py)
  add_check(oracle_itself oracle oracle/oracle_test.py)
  if(TARGET parcours)
    set(binary --parcours $<TARGET_FILE:parcours>)
    add_check(cases cases cases/run_cases.py ${binary})
    add_check(oracle oracle oracle/check_random.py ${binary} --seeds 30)
    add_check(cdnow examples examples/check_cdnow.py ${binary})
    add_check(rfm examples examples/check_rfm.py ${binary})
    add_check(golden golden golden/check_golden.py ${binary})
    add_check(docs docs docs/check_docs.py ${binary})
    add_check(examples docs docs/check_examples.py ${binary})
    add_check(crash_short crash crash/kill_replay.py ${binary} --kills 12 --after-commit-at-least 6
              --mode 1/1/sort --mode 16/2/sorted)
    add_check(crash_damage crash crash/damage_test.py ${binary})
  endif()
  add_broker_checks()
endfunction()
