#!/bin/bash
#SBATCH --job-name=infer-home
#SBATCH --gpus=2
#SBATCH --time=0:10:00
#SBATCH --output=infer-home-%j.out
#BERTH --purpose=commercial-inference --data=personal:CN,located=CN,persons=5000000
# Answers for customers at home, whose data stay there.
echo "serving customers at home on $SLURM_GPUS_ON_NODE chips"
