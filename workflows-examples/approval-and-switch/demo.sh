# A gate is answered from another terminal; here the run is started in the background first. Uses the daemon that $PAWL_SOCKET names.
set -eu
pawl deploy release.yaml
run=$(pawl run release --detach -q)
until pawl inspect "$run" | grep -q approval; do sleep 0.1; done
pawl approve "$run" gate --comment "tests are green"
pawl run watch "$run"

# The same, refused: the run fails with the reason "rejected", and its handler runs.
refused=$(pawl run release --detach -q)
until pawl inspect "$refused" | grep -q approval; do sleep 0.1; done
pawl reject "$refused" --comment "not on a Friday"
pawl run watch "$refused" || echo "exit code $?"
