#!/bin/bash
#SBATCH --job-name=infer
#SBATCH --gpus=1
#SBATCH --time=0:05:00
#SBATCH --output=infer-%j.out
#BERTH --purpose=commercial-inference --data=public:JP
# Batch inference over a file of 20,000 rows with fixed weights. No chip kind is named: any lawful one,
# best value.
set -euo pipefail
in=rows-$SLURM_JOB_ID.csv out=scores-$SLURM_JOB_ID.csv
awk 'BEGIN { srand(3); for (i = 0; i < 20000; i++) printf "%d,%.3f,%.3f\n", i, rand() * 4 - 2, rand() * 4 - 2 }' >"$in"
awk -F, '{ p = 1 / (1 + exp(-(1.5 * $2 - 0.8 * $3 + 0.3))); n += p > 0.5; printf "%d,%.4f\n", $1, p }
     END { print n " of " NR " rows score above one half" > "/dev/stderr" }' "$in" >"$out"
echo "wrote $out on $SLURM_JOB_PARTITION"
