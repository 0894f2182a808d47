# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# `cmake --install`: the program, the headers, and one archive libgraphc.a that find_package(graphc) offers as graphc::graphc.
# Included at the end of the top-level CMakeLists.txt, when all targets are known.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# From what `graphc` links to, directly or not: our targets with objects, to merge, and the libraries outside.
function(graphc_collect own_var outside_var)
  set(own)
  set(outside)
  set(todo graphc)
  while(todo)
    list(POP_FRONT todo item)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" item "${item}")
    if(item STREQUAL graphc_llvm)
      set(item LLVM)
    endif()
    if(TARGET "${item}")
      get_target_property(alias ${item} ALIASED_TARGET)
      if(alias)
        set(item ${alias})
      endif()
    endif()
    if(item IN_LIST own OR item IN_LIST seen)
      continue()
    endif()
    list(APPEND seen "${item}")
    if(NOT item MATCHES "^graphc(_|$)" OR NOT TARGET "${item}")
      list(APPEND outside "${item}")
      continue()
    endif()
    get_target_property(type ${item} TYPE)
    get_target_property(links ${item} INTERFACE_LINK_LIBRARIES)
    if(NOT type STREQUAL INTERFACE_LIBRARY)
      list(APPEND own ${item})
      get_target_property(links ${item} LINK_LIBRARIES)
    endif()
    if(links)
      list(APPEND todo ${links})
    endif()
  endwhile()
  # Used in .cpp files only and headers only: nothing to link to.
  list(REMOVE_ITEM outside nlohmann_json::nlohmann_json)
  list(FILTER outside EXCLUDE REGEX "^::@")
  set(${own_var} ${own} PARENT_SCOPE)
  set(${outside_var} ${outside} PARENT_SCOPE)
endfunction()

graphc_collect(own outside)
list(TRANSFORM own REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(graphc_archive STATIC ${objects})
set_target_properties(graphc_archive PROPERTIES OUTPUT_NAME graphc EXPORT_NAME graphc LINKER_LANGUAGE CXX
                                                ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/archive)
target_compile_features(graphc_archive PUBLIC cxx_std_20)
target_link_libraries(graphc_archive PRIVATE ${outside})
if("fmt::fmt" IN_LIST outside)  # the one library whose headers ours may include
  target_link_libraries(graphc_archive PUBLIC fmt::fmt)
endif()
# Two folders: our headers include each other from the root ("ir/graph.h"), the user writes <graphc.h>.
target_include_directories(graphc_archive INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/graphc>
                                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/graphc/compiler>)

install(TARGETS graphc_archive EXPORT graphcTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS graphc_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ir runtime DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/graphc
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
file(GLOB public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/compiler/*.h)
install(FILES ${public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/graphc/compiler)

# The archive must meet the LLVM that it was compiled against.
file(STRINGS ${LLVM_DIR}/LLVMConfigVersion.cmake GRAPHC_LLVM_VERSION REGEX "PACKAGE_VERSION \"")
string(REGEX REPLACE ".*\"([0-9]+\\.[0-9]+).*" "\\1" GRAPHC_LLVM_VERSION "${GRAPHC_LLVM_VERSION}")
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/graphc)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/graphcConfig.cmake.in ${CMAKE_BINARY_DIR}/graphcConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/graphcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/graphcConfig.cmake ${CMAKE_BINARY_DIR}/graphcConfigVersion.cmake
        DESTINATION ${package_dir})
install(EXPORT graphcTargets NAMESPACE graphc:: DESTINATION ${package_dir})
