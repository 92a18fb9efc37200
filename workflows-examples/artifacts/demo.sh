# Uses the daemon that $PAWL_SOCKET names.
set -eu
pawl deploy release.yaml
pawl run bundle

pawl artifacts last
rm -r out
pawl artifacts get last build --to fetched
cat "fetched/build[arm64]/out/arm64/app"

# A failed step leaves its report too.
pawl artifacts get last test/out/report.xml --to -

# What is asked for has to be there.
pawl artifacts get last test/../../secret || echo "exit code $?"
pawl inspect last publish
