#!/usr/bin/env bash
# One room on one machine: The Littlest JupyterHub with the course, on a fresh Ubuntu 24.04 server.
# Run as root: bash tljh.sh YOUR-NAME [MEMORY-PER-STUDENT]
set -euo pipefail
admin=${1:?your name on the hub}
memory=${2:-2G}
course=/srv/course
repository=https://github.com/cell-as-a-token/course

# The course in an environment of its own: the hub's own packages stay as TLJH tested them.
apt-get update
apt-get install -y curl git make python3-venv
git clone --depth 1 --branch student "$repository" "$course"
CELLTOKEN_CACHE=$course/models make -C "$course" setup
chmod -R a+rX "$course"

curl -L https://tljh.jupyter.org/bootstrap.py | python3 - --admin "$admin"

# The course's Python is the one that every notebook gets.
kernel=/opt/tljh/user/share/jupyter/kernels/python3
mkdir -p "$kernel"
cat > "$kernel/kernel.json" <<KERNEL
{
  "argv": ["$course/.venv/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
  "display_name": "Python 3 (course)",
  "language": "python",
  "env": {"CELLTOKEN_CACHE": "$course/models"}
}
KERNEL

tljh-config set limits.memory "$memory"
tljh-config set limits.cpu 1
tljh-config set user_environment.default_app jupyterlab
tljh-config set services.cull.timeout 3600
tljh-config reload

echo "Give your students this address, with your server's name in it:"
echo "https://SERVER/hub/user-redirect/git-pull?repo=$repository&branch=student&urlpath=lab/tree/course/chapters/context/exercises.ipynb"
