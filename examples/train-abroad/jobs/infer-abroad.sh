#!/bin/bash
#SBATCH --job-name=infer-abroad
#SBATCH --clusters=sin-1
#SBATCH --gpus=2
#SBATCH --time=0:10:00
#SBATCH --output=infer-abroad-%j.out
#BERTH --purpose=commercial-inference --data=personal:SG,located=SG,persons=40000
# Answers for customers in Singapore, from Singapore.
echo "serving customers abroad on $SLURM_GPUS_ON_NODE chips"
