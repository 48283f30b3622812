#!/bin/bash
#SBATCH --job-name=finetune
#SBATCH --account=atlas
#SBATCH --clusters=sin-1
#SBATCH --gpus=8
#SBATCH --time=0:30:00
#SBATCH --output=finetune-%j.out
#BERTH --purpose=commercial-training --data=personal:CN,located=CN,persons=2000000
# Fine-tuning on the personal data of two million persons in China, asked for in Singapore. The data may
# not leave without a security assessment, so this is refused; without --clusters it would run at home.
echo "this line is never reached"
