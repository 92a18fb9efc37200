#!/bin/sh
# Replace this by your build. What belongs into the package goes to out/.
set -eu
rm -rf out
mkdir -p out/bin
printf '#!/bin/sh\necho "hello from the build"\n' >out/bin/hello
chmod +x out/bin/hello
echo "built out/bin/hello"
