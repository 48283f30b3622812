#!/bin/bash
#SBATCH --job-name=finetune
#SBATCH --clusters=sin-1
#SBATCH --gpus=8
#SBATCH --time=0:10:00
#SBATCH --output=finetune-%j.out
#BERTH --purpose=commercial-training --data=personal:CN,located=CN,persons=2000000
# Fine-tuning on the personal data of two million persons, wished for in Singapore: refused.
echo "this line is never reached"
