// `uses: http` and `uses: sql`: what the daemon does itself. Their `with` is read and compiled here.
#pragma once

#include <vector>

#include "common/cel/type.h"
#include "common/flow/step.h"

namespace pawl::flow {

void read_http(Reader& reader, StepDraft& draft, yaml::Node const& with, StepPlan& step);
void read_sql(Reader& reader, StepDraft& draft, yaml::Node const& with, StepPlan& step);
void compile_http(Reader& reader, Expressions& expressions, Fields const& with, Sight& sight, HttpAction& http);
void compile_sql(Reader& reader, Expressions& expressions, Fields const& with, Sight& sight, SqlAction& sql);
std::vector<cel::Type::Field> http_outputs();
std::vector<cel::Type::Field> sql_outputs();

}  // namespace pawl::flow
