#!/bin/bash
#SBATCH --job-name=sweep
#SBATCH --array=1-6%3
#SBATCH --cpus-per-task=2
#SBATCH --time=0:02:00
#SBATCH --output=sweep-%A_%a.out
#BERTH --data=none
# A CPU array: six step sizes, three at a time.
rate=$(awk -v i="$SLURM_ARRAY_TASK_ID" 'BEGIN { print i * 0.3 }')
awk -v r="$rate" 'BEGIN { w = 5; for (i = 0; i < 200000; i++) w -= r * 2 * w / 1000; printf "rate %.1f: w %.6f\n", r, w }'
