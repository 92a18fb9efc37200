#!/bin/sh
# Plans and deploys a project, changes it, meets a stale plan, and rolls back. Works on a copy: the example's own files stay.
set -eu
cd "$(dirname "$0")"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R pawl.yaml flows "$copy"
cd "$copy"
echo "--- the first plan"
pawl plan -o first.plan
pawl deploy first.plan
echo "--- one changed, one gone"
sed -i 's/hello, /good morning, /' flows/greet.yaml
rm flows/tidy.yaml
pawl plan -o second.plan
echo "--- somebody edits after the plan"
printf '\n# an afterthought\n' >>flows/greet.yaml
code=0
pawl deploy second.plan || code=$?
echo "a stale plan ends with $code"
pawl plan -o second.plan
pawl deploy second.plan
pawl run greet
echo "--- and back"
pawl diff greet@1 greet@2
pawl rollback greet@1
pawl run greet
pawl workflow ls -o name
