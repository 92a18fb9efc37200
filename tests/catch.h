// Catch2, version 2 on Debian 12 and version 3 on 13. Write only what both know.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
