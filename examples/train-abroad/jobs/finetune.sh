#!/bin/bash
#SBATCH --job-name=finetune
#SBATCH --gpus=8
#SBATCH --time=0:10:00
#SBATCH --output=finetune-%j.out
#BERTH --purpose=commercial-training --data=personal:CN,located=CN,persons=2000000
# The same without the wish: the law leaves the chips at home, whatever the others would cost.
echo "fine-tuning at home on $SLURM_GPUS_ON_NODE chips"
