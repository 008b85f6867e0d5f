# Rooms: the libraries of the house, each one folder, in an order that admits no cycle.

# add_room(path USES room... LIBS target...): the library of one room, from all its .cc files but
# main.cc, or from its .proto files. Fails if a used room is not defined yet, so that a cycle cannot
# be written.
function(add_room path)
  cmake_parse_arguments(ROOM "" "" "USES;LIBS" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  file(GLOB_RECURSE messages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path}/*.proto)
  if(messages)
    add_messages(${name} ${CMAKE_SOURCE_DIR}/${path} ${messages})
    set(scope PUBLIC)
  elseif(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  else()  # headers alone
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR})
  foreach(room ${ROOM_USES})
    string(REPLACE "/" "_" used ${room})
    if(NOT TARGET ${used})
      message(FATAL_ERROR "room ${path} uses ${room}, which is not defined before it")
    endif()
    target_link_libraries(${name} ${scope} ${used})
  endforeach()
  target_link_libraries(${name} ${scope} ${ROOM_LIBS})
  set_property(GLOBAL APPEND PROPERTY PARCOURS_ROOMS ${path})
endfunction()

# add_messages(name root file...): the library of what protoc makes of the .proto files below `root`.
# It is not our code: no warnings, and no linter looks at it. Its headers are named from `root`.
function(add_messages name root)
  set(folder ${CMAKE_BINARY_DIR}/${name})
  set(sources)
  foreach(proto ${ARGN})
    file(RELATIVE_PATH stem ${root} ${proto})
    string(REGEX REPLACE "\\.proto$" "" stem ${stem})
    add_custom_command(
      OUTPUT ${folder}/${stem}.pb.cc ${folder}/${stem}.pb.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${folder} ${proto}
      DEPENDS ${ARGN} VERBATIM)
    list(APPEND sources ${folder}/${stem}.pb.cc)
  endforeach()
  add_library(${name} STATIC ${sources})
  target_compile_options(${name} PRIVATE -w)
  target_include_directories(${name} SYSTEM PUBLIC ${folder})
  set_target_properties(${name} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

# add_program(name path): the executable of one room, from its main.cc, once there is one; it lies at
# the top of the build folder.
function(add_program name path)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${path}/main.cc)
    string(REPLACE "/" "_" room ${path})
    add_executable(${name} ${CMAKE_SOURCE_DIR}/${path}/main.cc)
    target_link_libraries(${name} PRIVATE ${room})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()
